// What the parts of the page hand one another. Types only: nothing here runs.
import type { TemplateResult } from 'lit-html'

/** One sentence in both languages, as Python sends it. */
export interface Words { en: string; zh: string }

/** A refusal of Python's: what is wrong, and ways out. */
export interface Refusal { code: string; words: Words; ways: Words[] }

/** What Python answered: facts as JSON, arrays as bytes. */
export interface Reply { facts: any; bytes: Uint8Array[] }

/** How the other end fares: a server that does not answer, a kernel that is busy or has ended; null where all is well. */
export type Connection = 'lost' | 'busy' | 'gone' | null

/** The other end: a server, a notebook's kernel, or nobody (a page opened from disk). */
export interface Host {
  kind: 'served' | 'notebook' | 'alone'
  /** What the page was opened with: language, theme, the state of the link, which pictures and networks there are. */
  boot: Boot
  /** Asks Python; rejects with an Error that has `refusal` (a Refusal), also where the connection is lost. */
  ask(kind: string, facts?: object, bytes?: Uint8Array[], signal?: AbortSignal): Promise<Reply>
  /** Told when nobody answers any more, and when somebody does again; gives what ends the listening. */
  onConnection?(listener: (state: Connection) => void): () => void
  /** Waits until the server answers again. */
  back?(): Promise<void>
  /** Brings the style sheet of a tab, where it is not in the one that the page began with. */
  sheet?(name: string): Promise<void>
  /** What a notebook's Python has set, or was told last: words, the recipe, all weights, the place looked at. */
  shared?(): Shared
  /** Tells a notebook's Python; what is null has not changed. */
  share?(shared: Omit<Shared, 'window'> | null, window: Shared['window'] | null): void
  /** Told when Python sets something; gives what ends the listening. */
  onShare?(listener: () => void): () => void
  /** Keeps a notebook's Python and the page alike; gives what ends it. */
  join?(app: App): () => void
  /** Ends what the host listens to. */
  close?(): void
}

/** What Python and a notebook's page tell one another; numbers are bytes of float64. What is null is the page's choice. */
export interface Shared {
  recipe: string | null
  kernel: DataView | null
  bias: DataView | null
  tab: string
  lang: 'en' | 'zh' | null
  theme: 'auto' | 'light' | 'dark'
  height: number | null
  /** Where the page looks: the output cell (channel first), the output's shape, the value that stands there. */
  window: { place?: number[], output?: number[] | null, value?: number | null }
}

export interface Boot {
  lang?: 'en' | 'zh'
  theme?: 'auto' | 'light' | 'dark'
  /** The state as a link has it: "tab=network&…". */
  link?: string
  /** The bundled photograph, or the one that was given: where it is fetched, or a data: address. */
  photograph: string
  /** What the photograph is called; "astronaut" for the bundled one. */
  name?: string
  /** What `kaiyan studio --model` named, or the object of a notebook. */
  model?: string
  tab?: string
  /** Answers that were recorded into a page for disk (kaiyan.studio.recording); such a page has no Python behind it. */
  recorded?: Recorded[]
}

/** A question that was asked when the page was written, and its answer. */
export interface Recorded {
  /** The facts that matter, kind among them; null where nothing was said. */
  asked: Record<string, unknown>
  /** Some bytes of each part that came with the question, at even distances. */
  like?: number[][]
  answer: any
  /** Bytes, deflated, in base64; or what they have more than an earlier part, a channel of "1" turned round. */
  parts: (string | { after: number, turned: string, rest: string })[]
}

/** (text in English, facts) → text in the page's language; the key of words/zh.json is the English text. */
export type Say = (text: string, facts?: Record<string, unknown>) => string

export interface App {
  /** What ids begin with: a page may hold several apps. */
  id: string
  /** Everything lives in here; never document.querySelector (notebooks have shadow roots). */
  root: HTMLElement
  host: Host
  /** The photograph and the visitor's own. */
  pictures: import('./convolution/pictures.mjs').Pictures
  store: Store
  /** The page's language at this moment. */
  t: Say
  /** Words from Python in the page's language. */
  words(pair: Words): string
  /** Tells the status line (and screen readers, politely). */
  tell(text: string): void
  /** A toast for what went wrong elsewhere than at a field. */
  refuse(error: unknown): void
  /** Opens a tab, with changes to its slice. */
  open(tab: string, changes?: object): void
  /** Brings a part of the page that may have to be fetched: `await app.bring(() => import('./part.mjs'))`. */
  bring<T>(part: () => Promise<T>): Promise<T>
  /** A room speaks from now on; resolves when its words are here in the page's language. */
  hear(room: import('./app/speech.mjs').Room): Promise<void>
  /** Turns the page to a language, when its words are here. */
  speak(lang: 'en' | 'zh'): Promise<void>
}

export interface State {
  tab: string
  lang: 'en' | 'zh'
  theme: 'auto' | 'light' | 'dark'
  /** The slice of each tab by its name. */
  [slice: string]: any
}

export interface Store {
  readonly state: State
  /** Merges changes into a slice (or the top level where slice is null); listeners hear of it once a frame. */
  change(slice: string | null, changes: object): void
  subscribe(listener: (state: State) => void): () => void
  /** Nobody hears of anything any more. */
  close(): void
}

export interface Tab {
  name: 'convolution' | 'network' | 'fixit' | 'train' | 'faces'
  /** The English word of the tab; it is said in the page's language. */
  title: string
  /** The slice at the start. */
  start: Record<string, any>
  /** The slice in a link, only what differs from the start; the keys of all tabs are distinct. */
  toLink(slice: any): Record<string, string>
  /** Changes to the slice that a link asks for; what is not understood is left out. */
  fromLink(link: URLSearchParams): object
  /** Changes that the slice's `unread` asks for: the part of a link whose reader is brought when there is one. */
  read?(unread: Record<string, string>): Promise<object>
  /** Of a tab that is part of the page. */
  mount?: Mount
  /** Brings a tab that is not; its style sheet and its words have its name. */
  load?(): Promise<{ mount: Mount }>
}

export type Mount = (el: HTMLElement, app: App) => MountedTab

export interface MountedTab {
  /** Draws what the state says; called once a frame where the state changed and the tab is open. */
  draw(state: State): void
  /** Keys while the tab is open and no field has the focus, by KeyboardEvent.key (with 'Shift+' in front). */
  keys: Record<string, (event: KeyboardEvent) => void>
  /** Rows of the help: key and what it does. */
  help: [string, string][]
  /** The tab is no longer seen (pause) or seen again. */
  hide(): void
  show(): void
  destroy(): void
}

export type View = TemplateResult | typeof import('lit-html').nothing

/* ---------- core: what a convolution is (the same words as kaiyan.spec) ---------- */

export interface Axis {
  /** 'H' and 'W', 'L', or 'D', 'H', 'W'. */
  name: string
  kernel: number
  stride: number
  dilation: number
  /** A word, or elements before and after. */
  padding: string | [number, number]
  output_padding: number
}

export interface Conv {
  in_channels: number
  out_channels: number
  axes: Axis[]
  groups: number
  bias: boolean
  /** zeros, constant(v), reflect, replicate, circular, symmetric */
  padding_mode: string
  transposed: boolean
}

/** Numbers in row-major order. */
export interface Numbers { data: Float64Array; shape: number[] }

/** One product of a sum: out[k, …] = Σ value·weight + bias. */
export interface Term {
  /** Input channel. */
  channel: number
  /** Place in the kernel, an index an axis. */
  tap: number[]
  /** Place in the input (may lie outside); a transposed convolution's terms lie inside always. */
  place: number[]
  /** The element that stands there after padding_mode: null where it is the constant. */
  source: number[] | null
  value: number
  weight: number
  product: number
}
