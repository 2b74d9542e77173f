import type { Refusal, Words } from '../types'

/** A network that may be opened. */
export interface Listed {
  name: string
  title: Words
  trained: boolean
  card: Words[]
  /** How to install what is missing; absent where it can be opened. */
  needs?: Words
}

/** A layer of the open network, in the order of its run. */
export interface Layer {
  index: number
  path: string
  kind: string
  channels: number
  height: number
  width: number
  parameters: number
  macs: number
  kernel?: number[]
  stride?: number[]
  groups?: number
  /** How a value of this layer is opened; null where it is not. */
  sum: string | null
}

export interface Opened {
  name: string
  title: Words
  trained: boolean
  input: { channels: number; height: number; width: number; normalised: Words }
  classes: boolean
  layers: Layer[]
  card: Words[]
}

/** Every channel's map of one layer: each channel's own low … high as 0 … 255. */
export interface Maps {
  channels: number
  height: number
  width: number
  low: Float32Array
  high: Float32Array
  mean: Float32Array
  deviation: Float32Array
  /** Share of the values that are not zero, 0 … 1. */
  nonzero: Float32Array
  /** Whether a value is below zero, once it was looked for. */
  signed?: boolean
  bytes: Uint8Array
}

export interface Answer { name: Words; p: number }

/** What a network saw in a picture. */
export interface Look {
  /** Counts the looks: what is drawn is drawn anew where it differs. */
  number: number
  picture: Picture
  /** The part of the picture that the network sees: top, left, height, width in the picture's pixels. */
  crop: number[]
  /** The network's input as the network has it, RGB. */
  input: Uint8Array
  maps: Maps[]
  top: Answer[] | null
  seconds: number
}

export interface Picture {
  name: string
  title: string
  height: number
  width: number
  /** Row by row. */
  rgb: Uint8Array
}

/** What the pixels of a layer see: [first, last] for every row and then every column, in one or more views. */
export interface Edges {
  status: 'exact' | 'bound' | 'unknown'
  holes: boolean
  /** The function behind which it is not known. */
  lost: string | null
  /** The view of each channel; one for all where it is null. */
  which: ArrayLike<number> | null
  views: Int32Array[]
}

/** First and last input element that a row or column reads, both counted. */
export interface Field { rows: [number, number]; columns: [number, number] }

/** Where a pixel of a map is. */
export interface Pixel { layer: number; channel: number; row: number; column: number }

/** The slice of the Network tab. */
export interface Slice {
  name: string | null
  picture: string | null
  second: string | null
  layer: number | null
  channel: number | null
  place: [number, number] | null
  sort: 'index' | 'activity' | 'variation'
  palette: 'auto' | 'magma'
  scale: 'map' | 'layer'
  panel: string
  walking: boolean
  /** How much larger than to fit the map in focus is drawn. */
  zoom: number
  difference: boolean
  filter: 'all' | 'blocks'
  shift: [number, number]
  word: string | null
  /** Counts what arrived: the page is drawn anew. */
  tick: number
}

/** A question under way, or what came of it. */
export interface Task<Value> {
  key: string
  state: 'none' | 'asking' | 'here' | 'failed' | 'cancelled'
  value: Value | null
  refusal: Refusal | null
  /** performance.now() when it was asked. */
  since: number
}
