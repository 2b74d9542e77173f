import { pixelsOf } from './photograph.mjs'
import { use } from './picture-sources.mjs'
import { NotAPicture } from './reading.mjs'

/** @typedef {import('../types').App} App */

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
