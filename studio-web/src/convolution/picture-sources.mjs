/** Where own pictures come from: dropped anywhere, pasted, a file. */

/** @typedef {import('../types').App} App */

/** Takes a file as the picture; what is none is refused in one sentence and nothing changes.
 * @param {App} app @param {Blob} file @param {string} title */
export async function take(app, file, title) {
  app.tell(app.t('Reading {title}…', { title }))
  try {
    const { readPicture } = await app.bring(() => import('./reading.mjs'))
    const { name, notes } = await readPicture(app, file, title)
    use(app, name)
    app.tell(notes.length ? app.t('The picture is now {title} ({notes}).', { title, notes: notes.map(app.words).join(app.t(', ')) }) : app.t('The picture is now {title}.', { title }))
  } catch (error) {
    app.tell('')
    app.refuse(error)
  }
}

/** @param {App} app @param {string} picture */
export const use = (app, picture) => app.store.change('convolution', { picture, crop: null, shift: [0, 0], side: Math.max(app.store.state.convolution.side, 64) })
