// Distances of points to rows, added up by code, without the matrix of them: what a silhouette of
// chosen rows needs.
//
// A squared distance is the product of two lines that were laid out for it; below zero it counts as
// that, and a NaN stays one. Rows of one code stand together and are cut into pieces. A block takes
// 64 points and one piece: 16 x 16 threads with 4 points and N rows each, DEPTH columns at a time
// from shared memory, then root and sum in registers. Sums of a piece are added up over its threads
// in their order, pieces over a code in theirs: all of it float64.
//
// Operations: m n w multiplications with additions and m n roots, w = d + 2. At 2,000 x 100,000 x 18
// 3.6e9 and 2e8 (a root is about 20 of them): 7.6e9, half a millisecond at the 1.7e13 a second of
// 132 processors; the matrix alone would be 1.6 GB, written and read: 0.7 ms. Bytes: (m + n) w 8, the
// points once more for each piece, from the cache. An inner step reads 4 + N values of shared memory
// for 4 N operations, one line of 128 bytes each: at N = 4 as long as the operations take.
namespace {

typedef long long i64;

constexpr int SIDE = 16, DEPTH = 24;      // threads along a side, columns of a step
constexpr int OWN = 4, POINTS = OWN * SIDE;  // points of a thread, and of a block

// Lay `n` lines of `width` columns down as columns of `wide` places each, beyond both zeros.
__device__ __forceinline__ void laid(const double* __restrict__ lines, i64 n, i64 width, i64 depth,
                                     int wide, int stride, double* to) {
    for (int at = threadIdx.x; at < wide * DEPTH; at += SIDE * SIDE) {
        const int line = at / DEPTH, column = at - line * DEPTH;
        const bool there = line < n && depth + column < width;
        to[column * stride + line] = there ? lines[line * width + depth + column] : 0.0;
    }
}

template <int N>
__device__ __forceinline__ void add_up(const double* __restrict__ points,
                                       const double* __restrict__ rows,
                                       const i64* __restrict__ edges, i64 m, i64 width,
                                       double* __restrict__ sums) {
    constexpr int ROWS = N * SIDE;
    __shared__ double near[DEPTH * (POINTS + 1)];
    __shared__ double far[DEPTH * (ROWS + 1)];
    __shared__ double strands[POINTS * (SIDE + 1)];
    const int x = threadIdx.x % SIDE, y = threadIdx.x / SIDE;
    const i64 first = static_cast<i64>(blockIdx.y) * POINTS;
    const i64 start = edges[blockIdx.x], stop = edges[blockIdx.x + 1];
    double total[OWN] = {};
    for (i64 row = start; row < stop; row += ROWS) {
        double squares[OWN][N] = {};
        for (i64 depth = 0; depth < width; depth += DEPTH) {
            if (width > DEPTH || row == start)
                laid(points + first * width, m - first, width, depth, POINTS, POINTS + 1, near);
            laid(rows + row * width, stop - row, width, depth, ROWS, ROWS + 1, far);
            __syncthreads();
            const int steps = width - depth < DEPTH ? static_cast<int>(width - depth) : DEPTH;
            for (int j = 0; j < steps; ++j) {
                double point[OWN], other[N];
#pragma unroll
                for (int p = 0; p < OWN; ++p) point[p] = near[j * (POINTS + 1) + y + SIDE * p];
#pragma unroll
                for (int r = 0; r < N; ++r) other[r] = far[j * (ROWS + 1) + x + SIDE * r];
#pragma unroll
                for (int p = 0; p < OWN; ++p)
#pragma unroll
                    for (int r = 0; r < N; ++r)
                        squares[p][r] = fma(point[p], other[r], squares[p][r]);
            }
            __syncthreads();
        }
#pragma unroll
        for (int p = 0; p < OWN; ++p)
#pragma unroll
            for (int r = 0; r < N; ++r)  // of lines beyond the last row the product is zero
                total[p] += sqrt(squares[p][r] < 0.0 ? 0.0 : squares[p][r]);
    }
#pragma unroll
    for (int p = 0; p < OWN; ++p) strands[(y + SIDE * p) * (SIDE + 1) + x] = total[p];
    __syncthreads();
    const int own = threadIdx.x;
    if (own >= POINTS || first + own >= m) return;
    double sum = 0;
    for (int strand = 0; strand < SIDE; ++strand) sum += strands[own * (SIDE + 1) + strand];
    sums[static_cast<i64>(blockIdx.x) * m + first + own] = sum;
}

}  // namespace

// Sums (pieces, m) of the distances of points (m, width) to the rows of each piece: from edges[i] to
// edges[i + 1]. Rows of a thread: 4 for long pieces, 1 for short ones.
#define DISTANCES(name, N)                                                                       \
    extern "C" __global__ void __launch_bounds__(256, 2)                                         \
        name(const double* __restrict__ points, const double* __restrict__ rows,                 \
             const i64* __restrict__ edges, i64 m, i64 width, double* __restrict__ sums) {       \
        add_up<N>(points, rows, edges, m, width, sums);                                          \
    }

DISTANCES(distance_sums_long, 4)
DISTANCES(distance_sums_short, 1)

// Sums (m, n_codes) over the pieces of each code, from firsts[c] to firsts[c + 1].
extern "C" __global__ void __launch_bounds__(128)
    sums_by_code(const double* __restrict__ pieces, const i64* __restrict__ firsts, i64 m,
                 i64 n_codes, double* __restrict__ sums) {
    const i64 point = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (point >= m) return;
    for (i64 code = blockIdx.y; code < n_codes; code += gridDim.y) {
        double sum = 0;
        for (i64 piece = firsts[code]; piece < firsts[code + 1]; ++piece)
            sum += pieces[piece * m + point];
        sums[point * n_codes + code] = sum;
    }
}
