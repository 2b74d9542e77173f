/** Hands the browser a file to save. @param {Blob} contents @param {string} name */
export function download(contents, name) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(contents)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
