import { noChange } from 'lit-html'
import { Directive, directive } from 'lit-html/directive.js'

/** The text of a field, `.value=${standing(text)}`: what is typed into it stays while it has the focus, however often
 * the page is drawn. */
class Standing extends Directive {
  /** @param {import('lit-html/directive.js').PropertyPart} part @param {[string]} given */
  update({ element }, [text]) {
    const field = /** @type {HTMLInputElement} */ (element)
    const root = /** @type {Document | ShadowRoot} */ (field.getRootNode())
    if (root.activeElement !== field && field.value !== text) field.value = text
    return noChange
  }

  /** @param {string} _text */
  render(_text) {
    return noChange
  }
}

export const standing = directive(Standing)
