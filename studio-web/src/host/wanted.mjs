/** What a promise comes to, or the signal's reason as soon as nobody wants it any more; nothing stays at the signal.
 * @template T @param {Promise<T>} promise @param {AbortSignal} [signal] @returns {Promise<T>} */
export function whileWanted(promise, signal) {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason)
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
