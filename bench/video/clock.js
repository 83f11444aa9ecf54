// The wall clock as a picture: 40 bits of milliseconds and 8 bits of checksum, as 48 black or white cells in a band on
// top. Whoever sees the picture can say how old it is, whatever encoders and networks did to it.

const BITS = 40;
const CELLS = 48;

/** @param {number[]} bits */
function checksum(bits) {
  let sum = 0;
  for (const bit of bits) sum = (sum * 2 + bit + (sum >> 7)) & 255;
  return sum;
}

/** @param {CanvasRenderingContext2D} brush @param {number} width @param {number} height of the band */
export function drawClock(brush, width, height) {
  const now = Date.now() % 2 ** BITS;
  const bits = Array.from({ length: BITS }, (_, i) => Math.floor(now / 2 ** i) % 2);
  const sum = checksum(bits);
  for (let i = 0; i < CELLS - BITS; i++) bits.push((sum >> i) & 1);
  const cell = width / CELLS;
  bits.forEach((bit, i) => {
    brush.fillStyle = bit ? "#fff" : "#000";
    brush.fillRect(Math.floor(i * cell), 0, Math.ceil(cell), height);
  });
}

/** Milliseconds since the picture was drawn; null when it cannot be read. @param {CanvasRenderingContext2D} brush @param {number} width @param {number} height */
export function readClock(brush, width, height) {
  const row = brush.getImageData(0, Math.round(height / 2), width, 1).data;
  const bits = Array.from({ length: CELLS }, (_, i) => {
    const at = Math.round(((i + 0.5) * width) / CELLS) * 4;
    return row[at] + row[at + 1] + row[at + 2] > 384 ? 1 : 0;
  });
  let said = 0;
  for (let i = 0; i < CELLS - BITS; i++) said |= bits[BITS + i] << i;
  if (said !== checksum(bits.slice(0, BITS))) return null;
  const now = Date.now();
  const drawn = bits.slice(0, BITS).reduce((sum, bit, i) => sum + bit * 2 ** i, 0);
  return now - (Math.floor(now / 2 ** BITS) * 2 ** BITS + drawn);
}
