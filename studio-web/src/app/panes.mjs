/** The three panes of a tab: recipe, stage, explanation. Each may be drawn into on its own.
 * @param {HTMLElement} el @param {import('../types').App} app
 * @param {{ recipe?: string, explain?: string }} [names] English words of the side panes */
export function panes(el, app, names = {}) {
  el.classList.add('panes')
  const recipe = section(el, 'recipe')
  const stage = section(el, 'stage')
  const explain = section(el, 'explain')
  const draw = () => {
    recipe.label(app.t(names.recipe ?? 'Recipe'))
    stage.label(app.t('Stage'))
    explain.label(app.t(names.explain ?? 'Explanation'))
  }
  draw()
  return { recipe: recipe.body, stage: stage.body, explain: explain.body, relabel: draw }
}

/** @param {HTMLElement} el @param {string} name */
function section(el, name) {
  const pane = document.createElement('section')
  pane.className = `pane ${name}`
  const body = document.createElement('div')
  body.className = 'body'
  pane.append(body)
  el.append(pane)
  const label = (/** @type {string} */ text) => pane.setAttribute('aria-label', text)
  return { body, label }
}
