// Rows added up by segment, in float64 and a fixed order: less a point of their segment with the
// squares of that, or as they are, weighed and counted.
//
// A thread owns a column of every `lanes`-th row of its block, and a slot in shared memory for each
// segment, which nobody else writes: slot s of thread t stands at s * stride + t, in bank t mod 16
// whatever the segment. Blocks are cut by the number of rows and the shape alone; what they found is
// added up in their order by `folded`.
//
// Bytes: n (4 d + 4) read once, and k d 8 or 16 for each block of at least 128 KiB of rows. Of
// float64 operations 3 or 4 an element, and 16 or 32 bytes of shared memory: at 33 TB/s (132
// processors, 128 bytes a cycle) up to 8 TB/s of rows by sums, 4 TB/s by sums and squares. Slots
// leave room for 227 KiB / (16 k) threads on a processor: from k = 64 on too few are in flight to
// keep the memory busy (at 600 ns and 8 rows each about a third of 4.8 TB/s).
namespace {

typedef long long i64;

constexpr int AHEAD = 8;  // rows that a thread asks for before it adds them up

// Where a block works: rows of its span, columns of its slice, segments of its slice.
struct Part {
    i64 start;
    int rows, lane, column, first, low, segments, width;
    bool owns;
};

__device__ __forceinline__ Part part_of(i64 n, i64 span, int columns, int k, int width,
                                        int segments) {
    Part part;
    part.start = static_cast<i64>(blockIdx.x) * span;
    part.rows = static_cast<int>(n - part.start < span ? n - part.start : span);
    part.first = static_cast<int>(blockIdx.y) * width;
    part.width = columns - part.first < width ? columns - part.first : width;
    part.low = static_cast<int>(blockIdx.z) * segments;
    part.segments = k - part.low < segments ? k - part.low : segments;
    part.lane = static_cast<int>(threadIdx.x) / width;
    const int within = static_cast<int>(threadIdx.x) - part.lane * width;
    part.column = part.first + within;
    part.owns = within < part.width;
    return part;
}

// Show the values of a thread's column, and how its slot in the slice of segments is numbered, to
// `add(slot, value, row)`, in the order of rows; `ones` where the column is none of the rows'.
template <typename Add>
__device__ __forceinline__ void each(const float* rows, const int* labels, int d, int lanes,
                                     const Part& part, Add add) {
    if (!part.owns) return;
    const bool ones = part.column >= d;
    const float* values = rows + (part.start + part.lane) * d + part.column;
    const int* named = labels + part.start + part.lane;
    const int step = lanes * d;
    for (int row = part.lane; row < part.rows; row += AHEAD * lanes) {
        int slot[AHEAD];
        float value[AHEAD];
#pragma unroll
        for (int u = 0; u < AHEAD; ++u) {
            slot[u] = row + u * lanes < part.rows ? named[u * lanes] - part.low : -1;
            const bool there = slot[u] >= 0 && slot[u] < part.segments;
            value[u] = there && !ones ? values[u * step] : 1.0f;
        }
#pragma unroll
        for (int u = 0; u < AHEAD; ++u)
            if (slot[u] >= 0 && slot[u] < part.segments)
                add(slot[u], static_cast<double>(value[u]), row + u * lanes);
        values += static_cast<i64>(AHEAD) * step;
        named += AHEAD * lanes;
    }
}

// Add up the slots of a block's lanes, in order, into its part of (blocks, k, columns).
__device__ __forceinline__ void handed_over(const double* slots, const Part& part, int lanes,
                                            int width, int stride, int k, int columns,
                                            double* partial) {
    double* own = partial + static_cast<i64>(blockIdx.x) * k * columns;
    const int cells = part.segments * part.width;
    for (int cell = threadIdx.x; cell < cells; cell += blockDim.x) {
        const int segment = cell / part.width, column = cell - segment * part.width;
        double sum = 0;
        for (int lane = 0; lane < lanes; ++lane)
            sum += slots[segment * stride + lane * width + column];
        own[static_cast<i64>(part.low + segment) * columns + part.first + column] = sum;
    }
}

}  // namespace

// Sums and squares of rows (n, d) less origin (k, d) by segment: two tables (blocks, k, d).
extern "C" __global__ void __launch_bounds__(256, 3)
    moments_f32(const float* __restrict__ rows, const int* __restrict__ labels,
                const double* __restrict__ origin, i64 n, i64 span, int d, int k, int width,
                int lanes, int segments, int stride, double* __restrict__ sums,
                double* __restrict__ squares) {
    extern __shared__ double slots[];
    const Part part = part_of(n, span, d, k, width, segments);
    double* sum = slots + threadIdx.x;
    double* square = sum + segments * stride;
    for (int s = 0; s < part.segments; ++s) sum[s * stride] = square[s * stride] = 0;
    const double* from = origin + part.low * d + part.column;
    each(rows, labels, d, lanes, part, [=](int slot, double value, int) {
        const double apart = value - from[slot * d];
        sum[slot * stride] += apart;
        square[slot * stride] = fma(apart, apart, square[slot * stride]);
    });
    __syncthreads();
    handed_over(slots, part, lanes, width, stride, k, d, sums);
    handed_over(slots + segments * stride, part, lanes, width, stride, k, d, squares);
}

// Sums of rows (n, d) by label with, as column d, how many they are: a table (blocks, k, d + 1).
extern "C" __global__ void __launch_bounds__(256, 3)
    label_sums_f32(const float* __restrict__ rows, const int* __restrict__ labels, i64 n, i64 span,
                   int d, int k, int width, int lanes, int segments, int stride,
                   double* __restrict__ sums) {
    extern __shared__ double slots[];
    const Part part = part_of(n, span, d + 1, k, width, segments);
    double* sum = slots + threadIdx.x;
    for (int s = 0; s < part.segments; ++s) sum[s * stride] = 0;
    each(rows, labels, d, lanes, part,
         [=](int slot, double value, int) { sum[slot * stride] += value; });
    __syncthreads();
    handed_over(slots, part, lanes, width, stride, k, d + 1, sums);
}

// The same where each row counts for its weight.
extern "C" __global__ void __launch_bounds__(256, 3)
    weighed_sums_f32(const float* __restrict__ rows, const int* __restrict__ labels,
                     const double* __restrict__ weights, i64 n, i64 span, int d, int k, int width,
                     int lanes, int segments, int stride, double* __restrict__ sums) {
    extern __shared__ double slots[];
    const Part part = part_of(n, span, d + 1, k, width, segments);
    double* sum = slots + threadIdx.x;
    for (int s = 0; s < part.segments; ++s) sum[s * stride] = 0;
    const double* weight = weights + part.start;
    each(rows, labels, d, lanes, part, [=](int slot, double value, int row) {
        sum[slot * stride] = fma(value, weight[row], sum[slot * stride]);
    });
    __syncthreads();
    handed_over(slots, part, lanes, width, stride, k, d + 1, sums);
}

// The sum of tables (tables, cells) over the first axis, of 32 cells a block: 32 strands of every
// 32nd table, and then those in order.
extern "C" __global__ void __launch_bounds__(1024)
    folded(const double* __restrict__ tables, i64 n_tables, i64 cells,
           double* __restrict__ out) {
    __shared__ double strands[32][33];
    const i64 cell = static_cast<i64>(blockIdx.x) * 32 + threadIdx.x;
    double sum = 0;
    if (cell < cells) {
#pragma unroll 4
        for (i64 table = threadIdx.y; table < n_tables; table += 32)
            sum += tables[table * cells + cell];
    }
    strands[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y != 0 || cell >= cells) return;
    double total = 0;
    for (int strand = 0; strand < 32; ++strand) total += strands[strand][threadIdx.x];
    out[cell] = total;
}
