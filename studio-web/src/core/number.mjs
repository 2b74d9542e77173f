/** Three significant digits, with a true minus sign; nothing else than digits where it can be.
 * @param {number} value @returns {string} */
export function short(value) {
  if (!Number.isFinite(value)) return exact(value)
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1e6 || size < 1e-3) return minus(trimmed(value.toExponential(2)))
  if (size >= 999.5) return minus(String(Math.round(value)))
  return minus(trimmed(value.toPrecision(3)))
}

/** Six significant digits, with the sign that says whether these are all.
 * @param {number} value @returns {string} */
export function near(value) {
  const six = Number.isFinite(value) ? Number(value.toPrecision(6)) : value
  return `${Object.is(six, value) || Math.fround(six) === value ? '=' : '≈'} ${exact(six)}`
}

/** Numbers that stand close together, all with as many decimals as give the largest two digits, no zero before the point:
 * .12, −.01; whole where that is short enough.
 * @param {number[]} values @returns {string[]} */
export function tight(values) {
  const most = Math.max(0, ...values.map(Math.abs).filter(Number.isFinite))
  const decimals = most > 0 ? Math.min(Math.max(1 - Math.floor(Math.log10(most)), 0), 8) : 0
  return values.map((value) => (value === 0 ? '0' : minus(value.toFixed(decimals)).replace(/^(−?)0\./, '$1.')))
}

/** Every digit that tells the number from its neighbours, with a true minus sign.
 * @param {number} value @returns {string} */
export function exact(value) {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : '∞'
  return minus(String(value === 0 ? 0 : value))
}

/** A count with its thousands apart. @param {number} value @returns {string} */
export const count = (value) => minus(String(value)).replace(/\B(?=(\d{3})+$)/g, ',')

/** @param {string} text */
const minus = (text) => text.replaceAll('-', '−')

/** No zeros at the end of a fraction: 0.250 is 0.25, 2.00e+6 is 2e6. @param {string} text */
const trimmed = (text) => text.replace(/(\.\d*?)0+(?=e|$)/, '$1').replace(/\.(?=e|$)/, '').replace('e+', 'e')
