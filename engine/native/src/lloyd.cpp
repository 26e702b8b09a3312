// A pass of Lloyd's iterations that looks only at rows which may have another nearest centre, and
// the two nearest centres of rows.
//
// A row keeps by how much its second nearest centre is farther than its nearest (Hamerly 2010). What
// centres moved by is taken from that; while something is left, the row keeps its centre.
#include "tiles.hpp"

namespace {

// Centres as the tiles take them: less the shift, times -2, C side by side, and their squares.
template <typename T>
void lay_out(const double* centres, const T* shift, std::int64_t k, std::int64_t d,
             std::int64_t padded, T* points, T* squares) {
    for (std::int64_t c = 0; c < padded; ++c) {
        double square = 0;
        T* to = points + c / C * C * d + c % C;
        for (std::int64_t j = 0; j < d; ++j) {
            const double x = c < k ? centres[c * d + j] - static_cast<double>(shift[j]) : 0.0;
            square += x * x;
            to[j * C] = static_cast<T>(-2 * x);
        }
        squares[c] = c < k ? static_cast<T>(square) : static_cast<T>(__builtin_inf());
    }
}

template <typename T> struct Laid {
    std::int64_t padded;
    Room<T> points;

    Laid(const double* centres, const T* shift, std::int64_t k, std::int64_t d)
        : padded((k + C - 1) / C * C), points(static_cast<std::size_t>(padded * (d + 1))) {
        if (points.data()) lay_out(centres, shift, k, d, padded, points.data(), squares(d));
    }
    T* squares(std::int64_t d) const { return points.data() + padded * d; }
};

// Squared distances of a tile's rows to the best of the centres, and to the second best.
template <typename T>
void distances(const Best<T>& found, const T* tile, std::int64_t d, T* nearest, T* second) {
    constexpr int L = Simd<T>::lanes;
    const typename Simd<T>::vector none = {};
    typename Simd<T>::vector size[V];
    norms(tile, d, size);
    for (int v = 0; v < V; ++v) {
        const auto one = found.best[v] + size[v], two = found.second[v] + size[v];
        store(nearest + v * L, one > none ? one : none);
        if (second) store(second + v * L, two > none ? two : none);
    }
}

template <typename T> inline T root(T value);
template <> inline float root(float value) { return __builtin_sqrtf(value); }
template <> inline double root(double value) { return __builtin_sqrt(value); }

// What a pass is given, and where it writes.
template <typename T> struct Pass {
    const T* rows;
    std::int64_t stride;
    const double* weights;
    const T* reach;
    std::int32_t* labels;
    T* left;
    double *counts, *sums;

    void add(std::int64_t d, std::int64_t row, std::int64_t to, double sign) const {
        const double weight = weights ? sign * weights[row] : sign;
        const T* from = rows + row * stride;
        double* at = sums + to * d;
        counts[to] += weight;
        for (std::int64_t j = 0; j < d; ++j) at[j] += weight * static_cast<double>(from[j]);
    }

    // Look at rows given by number: label them, and give how many have another centre.
    std::int64_t look(const Sweep<T>& sweep, const std::int64_t* numbers, std::int64_t m, T* room,
                      Best<T>* found) const {
        constexpr std::int64_t L = Simd<T>::lanes, R = tile_rows<T>();
        const Source<T> from{rows, stride, nullptr, nullptr, 1.0, false};
        std::int64_t changed = 0;
        sweep.template operator()<true>(from, numbers, m, room, found);
        for (std::int64_t t = 0; t * R < m; ++t) {
            T nearest[R], second[R];
            distances(found[t], room + t * sweep.d * R, sweep.d, nearest, second);
            for (int i = 0; i < R; ++i) second[i] = root(second[i]) - root(nearest[i]);
            for (std::int64_t i = 0; i < R && t * R + i < m; ++i) {
                const std::int64_t row = numbers[t * R + i];
                const auto to = static_cast<std::int32_t>(found[t].label[i / L][i % L]);
                left[row] = second[i];
                if (to == labels[row]) continue;
                if (labels[row] >= 0) add(sweep.d, row, labels[row], -1);
                add(sweep.d, row, to, 1);
                labels[row] = to;
                ++changed;
            }
        }
        return changed;
    }

    std::int64_t operator()(const Sweep<T>& sweep, std::int64_t n) const {
        constexpr std::int64_t R = tile_rows<T>();
        Room<T> room(sweep.room());
        if (!room.data()) return NO_MEMORY;
        Best<T> found[MOST_TILES];
        std::int64_t numbers[MOST_TILES * R], waiting = 0, changed = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            if (labels[i] >= 0) {
                left[i] -= reach[labels[i]];
                if (left[i] > 0) continue;
            }
            numbers[waiting++] = i;
            if (waiting < sweep.rows()) continue;
            changed += look(sweep, numbers, waiting, room.data(), found);
            waiting = 0;
        }
        return waiting ? changed + look(sweep, numbers, waiting, room.data(), found) : changed;
    }
};

template <typename T>
std::int64_t passed(const Pass<T>& pass, const double* centres, const T* shift, std::int64_t n,
                    std::int64_t d, std::int64_t k) {
    const Laid<T> laid(centres, shift, k, d);
    if (!laid.points.data()) return NO_MEMORY;
    return pass(Sweep<T>(shift, laid.points.data(), laid.squares(d), laid.padded, d), n);
}

template <typename T>
std::int64_t near(const Source<T>& from, const double* centres, const T* shift, std::int64_t n,
                  std::int64_t d, std::int64_t k, std::int64_t* labels, T* nearest, T* second) {
    constexpr std::int64_t L = Simd<T>::lanes, R = tile_rows<T>();
    const Laid<T> laid(centres, shift, k, d);
    const Sweep<T> sweep(shift, laid.points.data(), laid.squares(d), laid.padded, d);
    Room<T> room(sweep.room());
    if (!laid.points.data() || !room.data()) return NO_MEMORY;
    Best<T> found[MOST_TILES];
    std::int64_t numbers[MOST_TILES * R];
    for (std::int64_t start = 0; start < n; start += sweep.rows()) {
        const std::int64_t m = n - start < sweep.rows() ? n - start : sweep.rows();
        for (std::int64_t i = 0; i < m; ++i) numbers[i] = start + i;
        if (second)
            sweep.template operator()<true>(from, numbers, m, room.data(), found);
        else
            sweep.template operator()<false>(from, numbers, m, room.data(), found);
        for (std::int64_t t = 0; t * R < m; ++t) {
            T one[R], two[R];
            distances(found[t], room.data() + t * d * R, d, one, second ? two : nullptr);
            for (std::int64_t i = 0; i < R && t * R + i < m; ++i) {
                const std::int64_t row = start + t * R + i;
                labels[row] = static_cast<std::int64_t>(found[t].label[i / L][i % L]);
                nearest[row] = one[i];
                if (second) second[row] = two[i];
            }
        }
    }
    return 0;
}

// Squared distances of rows inside a frame to their centres, in double, from differences.
template <typename IN>
double own_squares(const IN* rows, const double* from, double inverse, const double* centres,
                   const std::int32_t* labels, std::int64_t n, std::int64_t d) {
    using wide = Four<double>::vector;
    double total = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        const IN* row = rows + i * d;
        const double* centre = centres + labels[i] * d;
        wide sums = {};
        double rest = 0;
        std::int64_t j = 0;
        for (; j + B <= d; j += B) {
            const wide x = __builtin_convertvector(four(row + j), wide);
            const wide apart = (x - four(from + j)) * inverse - four(centre + j);
            sums += apart * apart;
        }
        for (; j < d; ++j) {
            const double x = static_cast<double>(row[j]);
            const double apart = (x - from[j]) * inverse - centre[j];
            rest += apart * apart;
        }
        total += (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest;
    }
    return total;
}

}  // namespace

// Bring labels (-1: none yet), bounds, counts (k,) and sums (k, d) of rows that lie `stride` values
// apart up to date with `centres` (k, d); `reach` (k,) is taken from the bounds of each centre's
// rows. Gives how many rows have another centre.
#define PASS(T, name)                                                                             \
    ENGINE_EXPORT std::int64_t KERNEL(name)(                                                      \
        const T* rows, std::int64_t stride, const double* weights, const double* centres,         \
        const T* shift, const T* reach, std::int64_t n, std::int64_t d, std::int64_t k,           \
        std::int32_t* labels, T* left, double* counts, double* sums) {                            \
        return passed(Pass<T>{rows, stride, weights, reach, labels, left, counts, sums}, centres, \
                      shift, n, d, k);                                                            \
    }
PASS(float, lloyd_pass_f32)
PASS(double, lloyd_pass_f64)

// Number, and squared distance, of the nearest of `centres` (k, d) for rows that lie `stride` values
// apart, some of them if `some` is given, and the squared distance to the second nearest.
#define NEAR(T, name)                                                                             \
    ENGINE_EXPORT std::int64_t KERNEL(name)(                                                      \
        const T* rows, std::int64_t stride, const std::int64_t* some, const double* centres,      \
        const T* shift, std::int64_t n, std::int64_t d, std::int64_t k, std::int64_t* labels,     \
        T* nearest, T* second) {                                                                  \
        return near(Source<T>{rows, stride, some, nullptr, 1.0, false}, centres, shift, n, d, k,  \
                    labels, nearest, second);                                                     \
    }
NEAR(float, lloyd_near_f32)
NEAR(double, lloyd_near_f64)

// Sum of squared distances of rows, moved into a frame, to their own centres.
#define SQUARES(T, name)                                                                       \
    ENGINE_EXPORT double KERNEL(name)(const T* rows, const double* from, double inverse,       \
                                      const double* centres, const std::int32_t* labels,       \
                                      std::int64_t n, std::int64_t d) {                        \
        return own_squares(rows, from, inverse, centres, labels, n, d);                        \
    }
SQUARES(float, own_squares_f32)
SQUARES(double, own_squares_f64)
