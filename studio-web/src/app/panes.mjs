/** The three panes of a tab: recipe, stage, explanation. The sides fold.
 * @param {HTMLElement} el @param {import('../types').App} app
 * @param {{ recipe?: string, explain?: string }} [names] English words of the side panes */
export function panes(el, app, names = {}) {
  el.classList.add('panes')
  const recipe = pane(el, 'recipe')
  const stage = pane(el, 'stage')
  const explain = pane(el, 'explain')
  const relabels = [
    foldable(recipe, app, () => app.t(names.recipe ?? 'Recipe')),
    foldable(explain, app, () => app.t(names.explain ?? 'Explanation')),
    () => stage.setAttribute('aria-label', app.t('Stage')),
  ]
  if (app.host.kind === 'notebook') for (const section of [recipe, stage, explain]) section.setAttribute('role', 'group')
  const relabel = () => relabels.forEach((each) => each())
  relabel()
  app.store.subscribe(relabel)
  return { recipe: bodyOf(recipe), stage: bodyOf(stage), explain: bodyOf(explain) }
}

/** @param {HTMLElement} el @param {string} name */
function pane(el, name) {
  const section = document.createElement('section')
  section.className = `pane ${name}`
  const body = document.createElement('div')
  body.className = 'body'
  section.append(body)
  el.append(section)
  return section
}

/** @param {HTMLElement} section */
const bodyOf = (section) => /** @type {HTMLElement} */ (section.lastElementChild)

/** Puts a button on a pane that folds it; gives what says it anew after a change.
 * @param {HTMLElement} section @param {import('../types').App} app @param {() => string} name */
function foldable(section, app, name) {
  const key = section.classList.contains('recipe') ? 'recipe' : 'explain'
  const button = document.createElement('button')
  button.className = 'fold quiet'
  button.addEventListener('click', () => {
    const { folded } = app.store.state
    app.store.change(null, { folded: { ...folded, [key]: !folded[key] } })
  })
  section.prepend(button)
  return () => {
    const folded = Boolean(app.store.state.folded[key])
    section.classList.toggle('folded', folded)
    section.setAttribute('aria-label', name())
    button.textContent = folded ? name() : app.t('Fold')
    button.setAttribute('aria-expanded', String(!folded))
    button.setAttribute('aria-label', app.t(folded ? 'Unfold: {pane}' : 'Fold: {pane}', { pane: name() }))
  }
}
