// Rows measured by the means of segments: squared distances to their own, distances, and silhouettes
// by squared distances, added up by segment in float64 and a fixed order.
//
// A block takes 128 rows at a time, a thread each. Columns of the tile lie in shared memory, turned;
// of 8 centres at a time a row's squared distances are kept in registers, as differences in float64.
// What a row adds is laid down, and added up by owners of (segment, strand of rows), in the order of
// rows. Blocks are cut by the number of rows and segments alone.
//
// Bytes: n (4 d + 4), where d is more than 32 once more for every 8 centres, from the cache. Of
// float64 operations 2 k d a row: at 100 million x 16 and k = 8 2.6e10, 1.5 ms at the 1.7e13 a second
// of 132 processors, beside 1.4 ms for the bytes at 4.8 TB/s; from k = 8 on the operations count.
namespace {

typedef long long i64;

constexpr int ROWS = 128, DEPTH = 32, CENTRES = 8;
constexpr int FACTS = 4;  // of a segment: spread, share, rest, and whether its rows have silhouettes

// Columns of a tile from `depth` on, turned; beyond the last row and column nothing is read of them.
__device__ __forceinline__ void laid(const float* __restrict__ rows, i64 d, i64 depth, int held,
                                     int columns, float* to) {
    for (int at = threadIdx.x; at < held * columns; at += ROWS) {
        const int row = at / columns, column = at - row * columns;
        to[column * (ROWS + 1) + row] = rows[row * d + depth + column];
    }
}

}  // namespace

// Into tables (blocks, 3, k): squares, distances and silhouettes, of segments with `centres` (k, d)
// and `facts` (k, 4). A row's mean square to others of its segment is share x own + rest, to another
// segment its square and the spread there. A row whose label is none of 0 to k - 1 is left out.
extern "C" __global__ void __launch_bounds__(128, 4)
    measured_f32(const float* __restrict__ rows, const int* __restrict__ labels,
                 const double* __restrict__ centres, const double* __restrict__ facts, i64 n,
                 i64 span, i64 d, int k, int strands, double* __restrict__ tables) {
    extern __shared__ double slots[];  // (3, k, strands)
    __shared__ float tile[DEPTH * (ROWS + 1)];
    __shared__ double some[CENTRES * DEPTH];
    __shared__ double found[3 * ROWS];
    __shared__ int named[ROWS];
    const int owners = k * strands;
    for (int slot = threadIdx.x; slot < 3 * owners; slot += ROWS) slots[slot] = 0;
    const i64 start = static_cast<i64>(blockIdx.x) * span;
    const i64 stop = start + span < n ? start + span : n;
    const double infinite = __longlong_as_double(0x7ff0000000000000LL);
    for (i64 first = start; first < stop; first += ROWS) {
        const int held = stop - first < ROWS ? static_cast<int>(stop - first) : ROWS;
        const int row = threadIdx.x;
        int label = row < held ? labels[first + row] : -1;
        if (label >= k) label = -1;
        double own = 0, other = infinite;
        for (int group = 0; group < k; group += CENTRES) {
            const int centre = k - group < CENTRES ? k - group : CENTRES;
            double squares[CENTRES] = {};
            for (i64 depth = 0; depth < d; depth += DEPTH) {
                const int columns = d - depth < DEPTH ? static_cast<int>(d - depth) : DEPTH;
                __syncthreads();  // nobody reads what is laid down anew
                if (d > DEPTH || group == 0)
                    laid(rows + first * d, d, depth, held, columns, tile);
                for (int at = threadIdx.x; at < CENTRES * columns; at += ROWS) {
                    const int c = at / columns, j = at - c * columns;
                    some[c * DEPTH + j] =
                        c < centre ? centres[static_cast<i64>(group + c) * d + depth + j] : 0.0;
                }
                __syncthreads();
                if (row < held)
                    for (int j = 0; j < columns; ++j) {
                        const double value = static_cast<double>(tile[j * (ROWS + 1) + row]);
#pragma unroll
                        for (int c = 0; c < CENTRES; ++c) {
                            const double apart = value - some[c * DEPTH + j];
                            squares[c] = fma(apart, apart, squares[c]);
                        }
                    }
            }
#pragma unroll
            for (int c = 0; c < CENTRES; ++c) {
                if (c >= centre) continue;
                if (group + c == label) {
                    own = squares[c];
                } else {
                    const double apart = squares[c] + facts[FACTS * (group + c)];
                    other = apart < other ? apart : other;
                }
            }
        }
        double silhouette = 0;
        if (label >= 0 && facts[FACTS * label + 3] > 0) {
            const double within = facts[FACTS * label + 1] * own + facts[FACTS * label + 2];
            const double largest = within > other ? within : other;
            silhouette = (other - within) / (largest > 0 ? largest : 1.0);
        }
        named[row] = label;
        found[row] = own;
        found[ROWS + row] = sqrt(own);
        found[2 * ROWS + row] = silhouette;
        __syncthreads();
        for (int owner = threadIdx.x; owner < owners; owner += ROWS) {
            const int segment = owner / strands, strand = owner - segment * strands;
            double square = slots[owner], distance = slots[owners + owner];
            double mean = slots[2 * owners + owner];
            for (int r = strand; r < held; r += strands) {
                if (named[r] != segment) continue;
                square += found[r];
                distance += found[ROWS + r];
                mean += found[2 * ROWS + r];
            }
            slots[owner] = square;
            slots[owners + owner] = distance;
            slots[2 * owners + owner] = mean;
        }
    }
    __syncthreads();
    for (int cell = threadIdx.x; cell < 3 * k; cell += ROWS) {
        double sum = 0;
        for (int strand = 0; strand < strands; ++strand) sum += slots[cell * strands + strand];
        tables[static_cast<i64>(blockIdx.x) * 3 * k + cell] = sum;
    }
}
