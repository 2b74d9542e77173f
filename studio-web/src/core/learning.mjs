/** Kernels in a row that learn by gradient descent: what they make, the mean squared difference from what is wanted, and
 * its exact gradient on every tap. Planes are rows of numbers; a kernel of k taps a side leaves out k − 1 rows and columns.
 * @typedef {{ data: Float64Array, height: number, width: number }} Plane
 * @typedef {{ kernels: Float64Array[], relu: boolean }} Chain kernels are square, row by row; `relu`: negative numbers
 * between two kernels become 0
 * @typedef {{ loss: number, gradients: Float64Array[], made: Plane, difference: Plane, between: Plane[] }} Step what lies
 * between the kernels, after ReLU where there is one */

/** Taps a side of a square kernel. @param {ArrayLike<number>} kernel */
export const sideOf = (kernel) => Math.round(Math.sqrt(kernel.length))

/** The kernel slides as it is over the plane, where it fits: what deep learning calls a convolution.
 * @param {Plane} plane @param {ArrayLike<number>} kernel @returns {Plane} */
export function slid({ data: read, height: rows, width: across }, kernel) {
  const side = sideOf(kernel)
  const [height, width] = [rows - side + 1, across - side + 1]
  const data = new Float64Array(height * width)
  for (let tap = 0; tap < kernel.length; tap++) {
    const weight = kernel[tap]
    for (let row = 0; row < height; row++) {
      const to = row * width
      const from = startOf(tap, side, row, across)
      for (let column = 0; column < width; column++) data[to + column] += weight * read[from + column]
    }
  }
  return { data, height, width }
}

/** What a push on every output is on every tap.
 * @param {Plane} plane what the kernel slid over @param {Plane} push @param {number} side */
function onTaps({ data: read, width: across }, { data, height, width }, side) {
  return Float64Array.from({ length: side * side }, (_, tap) => {
    let sum = 0
    for (let row = 0; row < height; row++) {
      const at = row * width
      const from = startOf(tap, side, row, across)
      for (let column = 0; column < width; column++) sum += data[at + column] * read[from + column]
    }
    return sum
  })
}

/** What a push on every output is on every input. @param {Plane} push @param {ArrayLike<number>} kernel @returns {Plane} */
function onInput({ data: pushed, height: rows, width: across }, kernel) {
  const side = sideOf(kernel)
  const [height, width] = [rows + side - 1, across + side - 1]
  const data = new Float64Array(height * width)
  for (let tap = 0; tap < kernel.length; tap++) {
    const weight = kernel[tap]
    for (let row = 0; row < rows; row++) {
      const at = row * across
      const to = startOf(tap, side, row, width)
      for (let column = 0; column < across; column++) data[to + column] += weight * pushed[at + column]
    }
  }
  return { data, height, width }
}

/** Where a tap of the window stands whose row is this one and whose column is the first.
 * @param {number} tap @param {number} side @param {number} row @param {number} width of the plane */
const startOf = (tap, side, row, width) => (row + Math.floor(tap / side)) * width + (tap % side)

/** @param {Plane} plane @returns {Plane} */
const withoutNegatives = (plane) => ({ ...plane, data: plane.data.map((value) => (value > 0 ? value : 0)) })

/** What a chain makes of a plane, how far that is from what is wanted, and the gradient of this loss on every tap.
 * @param {Chain} chain @param {Plane} input @param {Plane} wanted as large as what the chain makes @returns {Step} */
export function looked({ kernels, relu }, input, wanted) {
  const between = [input]
  for (const kernel of kernels.slice(0, -1)) {
    const plane = slid(between[between.length - 1], kernel)
    between.push(relu ? withoutNegatives(plane) : plane)
  }
  const made = slid(between[between.length - 1], kernels[kernels.length - 1])
  const difference = { ...made, data: made.data.map((value, i) => value - wanted.data[i]) }
  const count = made.data.length
  const loss = squares(difference.data) / count
  /** @type {Float64Array[]} */
  const gradients = []
  /** @type {Plane} */
  let push = { ...difference, data: difference.data.map((value) => (2 * value) / count) }
  for (let at = kernels.length - 1; at >= 0; at--) {
    gradients[at] = onTaps(between[at], push, sideOf(kernels[at]))
    if (at === 0) break
    push = onInput(push, kernels[at])
    if (relu) push.data.forEach((_, i) => between[at].data[i] > 0 || (push.data[i] = 0))
  }
  return { loss, gradients, made, difference, between: between.slice(1) }
}

/** @param {Float64Array} data */
function squares(data) {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i] * data[i]
  return sum
}

/** A step of gradient descent with momentum, as torch.optim.SGD takes it; changes kernels and velocities.
 * @param {Float64Array[]} kernels @param {Float64Array[]} velocities @param {Float64Array[]} gradients
 * @param {{ rate: number, momentum: number }} how */
export function descend(kernels, velocities, gradients, { rate, momentum }) {
  kernels.forEach((kernel, at) =>
    kernel.forEach((_, tap) => {
      velocities[at][tap] = momentum * velocities[at][tap] + gradients[at][tap]
      kernel[tap] -= rate * velocities[at][tap]
    }),
  )
}

/** The one kernel that two in a row are: their full convolution.
 * @param {ArrayLike<number>} first @param {ArrayLike<number>} second @returns {Float64Array} */
export function asOneKernel(first, second) {
  const [one, other] = [sideOf(first), sideOf(second)]
  const side = one + other - 1
  const both = new Float64Array(side * side)
  for (let a = 0; a < first.length; a++)
    for (let b = 0; b < second.length; b++) {
      const row = Math.floor(a / one) + Math.floor(b / other)
      both[row * side + (a % one) + (b % other)] += first[a] * second[b]
    }
  return both
}
