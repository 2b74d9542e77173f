/** @typedef {import('../types').Refusal} Refusal */

/** An error with a refusal of Python's, or of the connection, in both languages. */
export class Refused extends Error {
  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.words.en)
    this.refusal = refusal
  }
}

/** What an error is told as. @param {unknown} error @returns {Refusal} */
export function refusalOf(error) {
  const known = /** @type {{ refusal?: Refusal }} */ (error).refusal
  if (known) return known
  const text = error instanceof Error ? error.message : String(error)
  return { code: 'page-fails', words: { en: text, zh: text }, ways: [] }
}

/** A part of the page that the server has no more, or not now. */
export const absent = () =>
  new Refused({
    code: 'part-absent',
    words: {
      en: 'this part of the page could not be fetched',
      zh: '页面的这一部分没有取到',
    },
    ways: [{ en: 'load the page anew: its address keeps what is set', zh: '刷新页面：设置都记在地址里' }],
  })

export const lost = () =>
  new Refused({
    code: 'connection-lost',
    words: {
      en: 'kaiyan studio does not respond: the terminal that it ran in may have been closed',
      zh: 'kaiyan studio 没有响应：运行它的终端可能已经关闭',
    },
    ways: [{ en: 'start it again in a terminal: kaiyan studio', zh: '在终端里重新运行：kaiyan studio' }],
  })

/** The server has another token than this page: it was started again. */
export const shut = () =>
  new Refused({
    code: 'another-start',
    words: {
      en: 'kaiyan studio was started again since this page was opened',
      zh: '这一页打开以后，kaiyan studio 重新启动过',
    },
    ways: [{ en: 'open the address that the terminal printed', zh: '打开终端里打印的地址' }],
  })

/** The notebook's kernel has ended, or knows nothing of this widget. */
export const gone = () =>
  new Refused({
    code: 'kernel-gone',
    words: {
      en: 'the notebook’s kernel has ended or was restarted',
      zh: '笔记本的内核已经结束，或重新启动过',
    },
    ways: [{ en: 'run the cell again', zh: '重新运行这个单元格' }],
  })

/** What answered is not kaiyan studio. */
export const foreign = () =>
  new Refused({
    code: 'foreign-answer',
    words: {
      en: 'the answer did not come from kaiyan studio: something stands between it and this page',
      zh: '回答不是 kaiyan studio 给的：它和这一页之间还有别的程序',
    },
    ways: [{ en: 'open the address that the terminal printed, without a proxy', zh: '打开终端里打印的地址，不要经过代理' }],
  })

/** @param {number} size @param {number} most bytes */
export const tooLarge = (size, most) =>
  new Refused({
    code: 'too-large',
    words: {
      en: `${megabytes(size)} MB is more than the ${megabytes(most)} MB that are accepted`,
      zh: `${megabytes(size)} MB 太大，最多接收 ${megabytes(most)} MB`,
    },
    ways: [{ en: 'a smaller picture', zh: '换小一些的图片' }],
  })

const megabytes = (/** @type {number} */ bytes) => Math.ceil(bytes / 1e6)

export const nobody = () =>
  new Refused({
    code: 'page-from-disk',
    words: {
      en: 'this page was opened from disk: networks and diagnoses need Python',
      zh: '这一页是从磁盘打开的：网络和诊断都需要 Python',
    },
    ways: [{ en: "pip install 'kaiyan[studio]' and then: kaiyan studio", zh: "pip install 'kaiyan[studio]'，然后运行：kaiyan studio" }],
  })

/** A page from disk has answers of this kind, but not this one. */
export const unrecorded = () =>
  new Refused({
    code: 'not-recorded',
    words: {
      en: 'this page was opened from disk and does not hold this answer: it needs Python',
      zh: '这一页是从磁盘打开的，里面没有存这个答案：需要 Python',
    },
    ways: [{ en: "pip install 'kaiyan[studio]' and then: kaiyan studio", zh: "pip install 'kaiyan[studio]'，然后运行：kaiyan studio" }],
  })
