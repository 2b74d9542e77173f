import { noChange } from 'lit-html'
import { Directive, directive, PartType } from 'lit-html/directive.js'

/** Sets properties of an element's style from a template, `<div ${styled({ '--columns': '3' })}>`. lit's styleMap writes
 * the attribute at first, which the page's content security policy refuses. */
class Styled extends Directive {
  /** @param {import('lit-html/directive.js').PartInfo} part */
  constructor(part) {
    super(part)
    if (part.type !== PartType.ELEMENT) throw new Error('styled() stands in a tag, not in an attribute')
  }

  /** @param {import('lit-html/directive.js').ElementPart} part @param {[Record<string, string>]} given */
  update({ element }, [properties]) {
    for (const [name, value] of Object.entries(properties)) /** @type {HTMLElement} */ (element).style.setProperty(name, value)
    return noChange
  }

  /** @param {Record<string, string>} _properties */
  render(_properties) {
    return noChange
  }
}

export const styled = directive(Styled)
