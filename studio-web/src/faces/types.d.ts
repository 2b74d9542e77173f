import type { Refusal, Words } from '../types'
import type { Maps } from '../network/types'

/** A photograph in this tab's memory. */
export interface Photograph {
  id: number
  title: string
  height: number
  width: number
  /** Row by row. */
  rgb: Uint8Array
  notes: Words[]
}

export interface Face {
  /** Names it on this page: "photo 3 0". */
  key: string
  photo: Photograph
  index: number
  /** Top, left, bottom, right, which may lie beyond the photograph. */
  box: [number, number, number, number]
  score: number
  /** Five (row, column). */
  points: [number, number][]
  /** Upright, `side` by `side`, RGB. */
  chip: Uint8Array
  side: number
  numbers: Float32Array
}

export interface Found { faces: Face[]; published: number }

export interface Recognition {
  answer: 'name' | 'unsure' | 'unknown'
  name: string | null
  reason: Words
  nearest: string | null
  distance: number | null
  runner_up: string | null
  runner_up_distance: number | null
}

export interface Who { faces: Recognition[]; people: number; accepted: number; doubted: number; notes: Words[] }

export interface Person { name: string; photographs: number; consent: string; time: string }

/** The maps after a stage of the network; a value sees `reach` rows and columns of the face. */
export interface Stage { maps: Maps; reach: number }

/** Two descriptions as a sum: what each of the 128 numbers adds. */
export interface Apart {
  one: Float32Array
  two: Float32Array
  differences: Float64Array
  squares: Float64Array
  sum: number
  distance: number
}

export interface FaceSlice {
  shown: number | null
  face: number
  one: string | null
  two: string | null
  number: number | null
  /** Who is asked about before being removed. */
  removing: string | null
  /** Whether the model card was opened. */
  card: boolean
  busy: 'read' | 'add' | 'remove' | 'export' | null
  /** What was refused, and where it is said. */
  refused: { at: 'photograph' | 'name' | 'people'; refusal: Refusal } | null
  version: number
  tick: number
}
