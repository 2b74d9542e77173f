/** A new element at the end of another.
 * @param {HTMLElement} parent @param {string} tag @param {string} name its class */
export function add(parent, tag, name) {
  const child = document.createElement(tag)
  child.className = name
  parent.append(child)
  return child
}
