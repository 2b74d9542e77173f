/** @typedef {import('../types').Refusal} Refusal */

/** An error with a refusal of Python's, or of the connection, in both languages. */
export class Refused extends Error {
  /** @param {Refusal} refusal */
  constructor(refusal) {
    super(refusal.words.en)
    this.refusal = refusal
  }
}

export const lost = () =>
  new Refused({
    code: 'connection-lost',
    words: {
      en: 'kaiyan studio does not answer: the terminal that it ran in may have been closed',
      zh: 'kaiyan studio 没有回应：运行它的终端可能已经关闭',
    },
    ways: [{ en: 'start it again in a terminal: kaiyan studio', zh: '在终端里重新运行：kaiyan studio' }],
  })

export const nobody = () =>
  new Refused({
    code: 'page-from-disk',
    words: {
      en: 'this page was opened from disk: networks and diagnoses need Python behind it',
      zh: '这一页是从磁盘打开的：网络和诊断要靠后面的 Python',
    },
    ways: [{ en: "pip install 'kaiyan[studio]' and then: kaiyan studio", zh: "pip install 'kaiyan[studio]'，然后运行：kaiyan studio" }],
  })
