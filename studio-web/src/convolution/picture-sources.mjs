/** Where own pictures come from: dropped anywhere, pasted, a file, one frame of a camera. */
import { NotAPicture, pixelsOf, readPicture } from './reading.mjs'

/** @typedef {import('../types').App} App */

/** Takes a file as the picture; what is none is refused in one sentence and nothing changes.
 * @param {App} app @param {Blob} file @param {string} title */
export async function take(app, file, title) {
  app.tell(app.t('Reading {title}…', { title }))
  try {
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

/** A camera that is open: its video until a frame is taken or it is closed.
 * @param {App} app */
export async function openCamera(app) {
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException('', 'NotFoundError')
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1024 } }, audio: false })
    const video = document.createElement('video')
    Object.assign(video, { srcObject: stream, muted: true, playsInline: true })
    await video.play()
    const close = () => stream.getTracks().forEach((track) => track.stop())
    return { video, close, take: () => use(app, app.pictures.hold({ title: app.t('the camera'), ...pixelsOf(video) })) }
  } catch (error) {
    app.refuse(withoutCamera(error instanceof DOMException ? error.name : ''))
    return null
  }
}

/** @param {string} name of the browser's error */
function withoutCamera(name) {
  if (name === 'NotAllowedError' || name === 'SecurityError')
    return new NotAPicture({ en: 'the browser was not allowed to use the camera', zh: '浏览器没有获准使用摄像头' }, [
      { en: "allow it with the camera icon in the address bar, or open a file", zh: '在地址栏的摄像头图标处允许，或打开一个文件' },
    ])
  if (name === 'NotReadableError') return new NotAPicture({ en: 'the camera is in use by another program', zh: '摄像头正被别的程序占用' })
  return new NotAPicture({ en: 'there is no camera that the browser can reach', zh: '浏览器找不到摄像头' }, [{ en: 'open a file, or paste a picture', zh: '打开一个文件，或粘贴一张图片' }])
}
