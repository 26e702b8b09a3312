// The nearest of more points than `lloyd.cu` holds beside their sums, and the rows added up by it
// in the same reading: a block has all the shared memory of an SM, or half of it.
//
// A warp compares 64 rows with 32 points, a lane 4 rows with 16 points: two lanes share rows,
// sixteen share points. Teams of warps share the rows of a tile and part the points; the nearest
// two of each team meet in shared memory. Points lie there as a whole where they fit beside the
// sums, else a slice of their columns at a time, the next one under way to registers meanwhile.
//
// What an H200 takes for a row of d = 64, k = 256, in cycles of one of its 132 SMs at 1.75 GHz, of
// which 4.8 TB/s bring 20.8 B each: 16,384 fused multiply-adds (128 at 128 a cycle); a subtraction
// for each 16 of those (8); 5 operations for each score (10); 42 loads of a warp from shared
// memory, 21 for four columns of 64 rows and 32 points, at two cycles each (84, beside the
// multiply-adds); 1 KiB of sums read and written (8). Eight warps lie alone on an SM there, with 64
// multiply-adds each that do not wait for each other, and nothing overlaps the loading of a tile of
// 64 rows, some 800 cycles (12), nor its merging and sums, about as much. So 180 cycles or 10
// million rows in 8 ms, bound by arithmetic; a second reading would be 12 more for its bytes, and 8
// for its sums instead of these. At k = 34, where `lloyd.cu` ends, multiply-adds are 17 cycles, and
// a second reading would be a third of all: registers (168 of a thread) and shared memory hold
// three blocks of four warps there, of which one reads while others compute. Not measured.

// What a compilation is for; see `lloyd_tiled`.
#ifndef SLICED
#define SLICED 0
#endif
#ifndef WEIGHTED
#define WEIGHTED 0
#endif
#ifndef INERTIA
#define INERTIA 0
#endif

#include "lloyd.cuh"

constexpr int GROUP = 16;   // points that lie side by side
constexpr int ROWS = 4;     // of a lane, 16 apart
constexpr int ALONG = 64;   // rows of a warp
constexpr int ACROSS = 32;  // points of a warp: a lane has every other four
constexpr int HELD = 4;     // fours of the next slice in a thread's registers
constexpr int SLOTS = 128;  // rows after which an inertia begins again
constexpr int AHEAD = 4;    // rows whose values are read before their sums are

// Multiply a lane's rows by its points over some columns: scores are |p|^2 - 2 p x, inside the
// shift.
__device__ __forceinline__ void multiply(const float* row, int apart, const float* shift,
                                         const float* near, const float* far, int columns,
                                         float (&score)[ROWS][GROUP]) {
#pragma unroll 1
    for (int j = 0; j < columns; j += 4) {
        const float4 from = *reinterpret_cast<const float4*>(shift + j);
        float x[ROWS][4];
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
            const float4 value = *reinterpret_cast<const float4*>(row + r * apart + j);
            x[r][0] = __fsub_rn(value.x, from.x), x[r][1] = __fsub_rn(value.y, from.y);
            x[r][2] = __fsub_rn(value.z, from.z), x[r][3] = __fsub_rn(value.w, from.w);
        }
#pragma unroll
        for (int q = 0; q < 4; ++q)
#pragma unroll
            for (int b = 0; b < 4; ++b) {
                const float* at = (b < 2 ? near : far) + (j + q) * GROUP + b % 2 * 8;
                const float4 p = *reinterpret_cast<const float4*>(at);
#pragma unroll
                for (int r = 0; r < ROWS; ++r) {
                    score[r][4 * b] = __fmaf_rn(x[r][q], p.x, score[r][4 * b]);
                    score[r][4 * b + 1] = __fmaf_rn(x[r][q], p.y, score[r][4 * b + 1]);
                    score[r][4 * b + 2] = __fmaf_rn(x[r][q], p.z, score[r][4 * b + 2]);
                    score[r][4 * b + 3] = __fmaf_rn(x[r][q], p.w, score[r][4 * b + 3]);
                }
            }
    }
}

// The squared lengths of a lane's rows, inside the shift, over a part of their columns.
__device__ __forceinline__ void measure(const float* row, int apart, const float* shift, int width,
                                        int part, int parts, float (&size)[ROWS]) {
#pragma unroll 1
    for (int j = 4 * part; j < width; j += 4 * parts) {
        const float4 from = *reinterpret_cast<const float4*>(shift + j);
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
            const float4 value = *reinterpret_cast<const float4*>(row + r * apart + j);
            const float x = __fsub_rn(value.x, from.x), y = __fsub_rn(value.y, from.y);
            const float z = __fsub_rn(value.z, from.z), w = __fsub_rn(value.w, from.w);
            size[r] = __fmaf_rn(x, x, __fmaf_rn(y, y, __fmaf_rn(z, z, __fmaf_rn(w, w, size[r]))));
        }
    }
}

// Some columns of the points of all teams, from global memory to registers and on to shared memory,
// where each group of them lies `slice` columns long, a power of two.
struct Slice {
    float4 held[HELD];

    __device__ __forceinline__ void fetch(const float* __restrict__ from, int first, int some,
                                          int groups, int width, int begin, int slice) {
        const int by = __ffs(4 * slice) - 1;
#pragma unroll
        for (int u = 0; u < HELD; ++u) {
            const int e = threadIdx.x + u * blockDim.x, g = e >> by, r = e & ((1 << by) - 1);
            held[u] = float4{0, 0, 0, 0};
            if (g < some && first + g < groups && begin + r / 4 < width)
                held[u] = reinterpret_cast<const float4*>(
                    from)[(static_cast<long long>(first + g) * width + begin) * 4 + r];
        }
    }

    __device__ __forceinline__ void store(int some, int slice, float* to) const {
#pragma unroll
        for (int u = 0; u < HELD; ++u) {
            const int e = threadIdx.x + u * blockDim.x;
            if (e < 4 * slice * some) reinterpret_cast<float4*>(to)[e] = held[u];
        }
    }
};

// Add a tile's rows to the sums of its block. Each warp owns the segments whose number has its
// remainder, and adds their rows in order: the same bits at every run, however many warps there
// are.
__device__ void add_rows(const float* tile, const int* labels, const double* __restrict__ weights,
                         int rows, int d, int stride, double* sums, double* counts) {
    constexpr unsigned ALL = 0xffffffffU;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = blockDim.x / 32;
    for (int base = 0; base < rows; base += 32) {
        const bool there = base + lane < rows;
        const int label = there ? labels[base + lane] : 0;
        const double weight = WEIGHTED && there ? weights[base + lane] : 1.0;
        const unsigned mine = __ballot_sync(ALL, there && label % warps == warp);
        for (int from = 0; from < d; from += 32) {
            const int j = from + lane;
            for (unsigned left = mine; left;) {
                int to[AHEAD];
                double x[AHEAD], by[AHEAD];
#pragma unroll
                for (int u = 0; u < AHEAD; ++u) {
                    const int r = left ? __ffs(static_cast<int>(left)) - 1 : -1;
                    left &= left - 1;
                    to[u] = __shfl_sync(ALL, label, r & 31);
                    by[u] = WEIGHTED ? __shfl_sync(ALL, weight, r & 31) : 1.0;
                    x[u] = r >= 0 && j < d ? static_cast<double>(tile[(base + r) * stride + j]) : 0;
                    if (r < 0) to[u] = -1;
                }
#pragma unroll
                for (int u = 0; u < AHEAD; ++u) {
                    if (to[u] < 0) continue;
                    if (j < d) sums[to[u] * d + j] += WEIGHTED ? __dmul_rn(x[u], by[u]) : x[u];
                    if (j == 0) counts[to[u]] += by[u];
                }
            }
        }
    }
}

// Label rows and add them up by their label.
//
// rows (n, d), at addresses of 16 bytes and d % 4 == 0 where `fours`; centres (groups, width, 16):
// points less the shift, times -2, zero beyond d columns; squares (groups, 16): infinite beyond k
// points; points (k, d). A row whose two best scores differ by no more than their rounding, which
// is at most share * norm * (2 |x| + norm) + least and by no root each * |x|^2 + rest, is decided
// in float64. Of a block, by its number: sums (k, d), counts (k,) and, if INERTIA is 1, inertia.
// Rows of a block are a multiple of SLOTS. What is computed depends on no number of warps, of teams
// or of columns of a slice. `room` are floats of points and of what teams found, which begins at
// `found`.
extern "C" __global__ void __launch_bounds__(256, 1) lloyd_tiled(
    const float* __restrict__ rows, long long n, int d, int k, int width, int stride, int fours,
    const float* __restrict__ shift_of, const float* __restrict__ centres_of,
    const float* __restrict__ squares_of, const double* __restrict__ points, double norm,
    double share, double least, float each, float rest, const int* __restrict__ names,
    int* labels_of, const double* __restrict__ weights, double* sums_of, double* counts_of,
    double* inertia_of, long long rows_of_block, int teams, int slice, int found, int room) {
    extern __shared__ double memory[];
    const int T = blockDim.x, lane = threadIdx.x % 32, warp = threadIdx.x / 32, odd = lane % 2;
    const int groups = (k + GROUP - 1) / GROUP, some = 2 * teams, team = warp % teams;
    const int most = ALONG * (T / 32 / teams), across = ACROSS * teams;
    const int slots = (k + across - 1) / across * across;
    double* const sums = memory;
    double* const counts = sums + k * d;
    double* const own = counts + k;
    const int wide = static_cast<int>(own - memory) + SLOTS;
    float* const centres = reinterpret_cast<float*>(memory + wide + wide % 2);
    float4* const partial = reinterpret_cast<float4*>(centres + found);
    float* const squares = centres + room;
    float* const shift = squares + slots;
    float* const tile = shift + width;
    int* const labels = reinterpret_cast<int*>(tile + most * stride);

    for (int i = threadIdx.x; i < wide; i += T) memory[i] = 0;
    for (int i = threadIdx.x; i < slots; i += T)
        squares[i] = i < groups * GROUP ? squares_of[i] : infinity();
    for (int i = threadIdx.x; i < most * (width - d); i += T)  // what no row writes
        tile[i / (width - d) * stride + d + i % (width - d)] = 0;
    copy_fours(shift_of, width, shift);
    Slice next;
    if (SLICED)
        next.fetch(centres_of, 0, some, groups, width, 0, slice);
    else
        copy_fours(centres_of, groups * width * GROUP, centres);
    const int along = warp / teams * ALONG + lane / 2;
    const float* const row = tile + along * stride;
    const long long start = blockIdx.x * rows_of_block;
    const long long stop = min(start + rows_of_block, n);
    for (long long first = start; first < stop; first += most) {
        const int m = static_cast<int>(min(static_cast<long long>(most), stop - first));
        __syncthreads();  // the tile before is done with
        if (fours)
            load_fours<4, true>(rows + first * d, m, d, stride, tile);
        else
            load_plain<4, true>(rows + first * d, m, d, stride, tile);
        if (!SLICED) __syncthreads();
        for (int at = 0; at < slots; at += across) {
            const int own_first = at + team * ACROSS;  // of this warp's points
            const bool any = own_first < k;
            float score[ROWS][GROUP];
#pragma unroll
            for (int c = 0; c < GROUP; ++c)
#pragma unroll
                for (int r = 0; r < ROWS; ++r)
                    score[r][c] = squares[own_first + c / 4 * 8 + odd * 4 + c % 4];
            const int held = SLICED ? at / GROUP : 0;  // the first group in shared memory
            const int near = own_first / GROUP, far = min(near + 1, groups - 1);
            const int long_ = SLICED ? slice : width;
            const float* const nearer = centres + (near - held) * long_ * GROUP + odd * 4;
            const float* const farther = centres + (far - held) * long_ * GROUP + odd * 4;
            for (int begin = 0; begin < width; begin += long_) {
                if (SLICED) {
                    if (at || begin) __syncthreads();  // the slice before is done with
                    next.store(some, slice, centres);
                    __syncthreads();
                    const bool last = begin + slice >= width;
                    const int then = last ? (at + across < slots ? at + across : 0) : at;
                    next.fetch(centres_of, then / GROUP, some, groups, width,
                               last ? 0 : begin + slice, slice);
                }
                if (any)
                    multiply(row + begin, 16 * stride, shift + begin, nearer, farther,
                             min(long_, width - begin), score);
            }
            if (SLICED) __syncthreads();  // what teams found may lie where points did
#pragma unroll
            for (int r = 0; r < ROWS; ++r) {
                Best best;
#pragma unroll
                for (int c = 0; c < GROUP; ++c)
                    best.see(score[r][c], own_first + c / 4 * 8 + odd * 4 + c % 4);
                best.meet(Best{__shfl_xor_sync(0xffffffffU, best.best, 1),
                               __shfl_xor_sync(0xffffffffU, best.second, 1),
                               __shfl_xor_sync(0xffffffffU, best.label, 1)});
                if (odd) continue;
                float4& so_far = partial[team * most + along + 16 * r];
                if (at) best.meet(Best{so_far.x, so_far.y, __float_as_int(so_far.z)});
                so_far = float4{best.best, best.second, __int_as_float(best.label), 0};
            }
        }
        float size[ROWS] = {};
        measure(row, 16 * stride, shift, width, 2 * team + odd, some, size);
#pragma unroll
        for (int r = 0; r < ROWS; ++r) {
            size[r] += __shfl_xor_sync(0xffffffffU, size[r], 1);
            if (!odd) partial[team * most + along + 16 * r].w = size[r];
        }
        __syncthreads();
        for (int i = threadIdx.x; i < most; i += T) {
            float4 part = partial[i];
            float length = part.w;
            Best best{part.x, part.y, __float_as_int(part.z)};
            for (int other = 1; other < teams; ++other) {
                part = partial[other * most + i], length += part.w;
                best.meet(Best{part.x, part.y, __float_as_int(part.z)});
            }
            int label = best.label;
            unsigned left = __ballot_sync(
                0xffffffffU, i < m && unsure(best, length, each, rest, norm, share, least));
            for (; left; left &= left - 1) {
                const int other = __ffs(static_cast<int>(left)) - 1;
                const int nearest = decided(tile + (i - lane + other) * stride, points, d, k);
                if (lane == other) label = nearest;
            }
            if (i >= m) continue;
            if (labels_of) labels_of[first + i] = names ? names[label] : label;
            labels[i] = label;
            if (INERTIA) {
                const double* point = points + static_cast<long long>(label) * d;
                const double here = squared(tile + i * stride, point, d);
                double& slot = own[(first - start) % SLOTS + i];
                slot = __dadd_rn(slot, WEIGHTED ? __dmul_rn(here, weights[first + i]) : here);
            }
        }
        __syncthreads();
        add_rows(tile, labels, weights + first, m, d, stride, sums, counts);
    }
    __syncthreads();
    double* const total = sums_of + static_cast<long long>(blockIdx.x) * k * d;
    for (int e = threadIdx.x; e < k * d; e += T) total[e] = sums[e];
    for (int c = threadIdx.x; c < k; c += T)
        counts_of[static_cast<long long>(blockIdx.x) * k + c] = counts[c];
    if (INERTIA && threadIdx.x == 0) {
        double sum = own[0];
        for (int i = 1; i < SLOTS; ++i) sum += own[i];
        inertia_of[blockIdx.x] = sum;
    }
}
