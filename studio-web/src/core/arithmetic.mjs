/** What is worked out in an argument: sums, differences, products and floor quotients of whole numbers.
 * @type {Record<string, (one: number, other: number) => number>} */
const WORK = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '//': quotient,
}

/** The whole number of numbers with signs between them; null where one is no whole number, or the result is not exact.
 * @param {unknown[]} numbers @param {string[]} signs @returns {number | null} */
export function computed(numbers, signs) {
  if (!signs.every((sign) => Object.hasOwn(WORK, sign))) return null
  /** @type {[sign: string, term: unknown][]} */
  const terms = [['+', numbers[0]]]
  signs.forEach((sign, i) => {
    const last = terms[terms.length - 1]
    if ('+-'.includes(sign)) terms.push([sign, numbers[i + 1]])
    else last[1] = worked(last[1], sign, numbers[i + 1])
  })
  const sum = terms.reduce((all, [sign, term]) => worked(all, sign, term), /** @type {unknown} */ (0))
  return /** @type {number | null} */ (sum)
}

/** @param {unknown} one @param {string} sign @param {unknown} other @returns {number | null} */
function worked(one, sign, other) {
  if (!isWhole(one) || !isWhole(other) || (sign === '//' && other === 0)) return null
  const result = WORK[sign](one, other)
  return isWhole(result) ? result : null
}

/** The largest whole number that is no larger than one by the other, exactly. @param {number} one @param {number} other */
function quotient(one, other) {
  const rest = one % other
  return (one - rest) / other - Number(rest !== 0 && rest < 0 !== other < 0)
}

/** @param {unknown} value @returns {value is number} */
const isWhole = (value) => Number.isSafeInteger(value)
