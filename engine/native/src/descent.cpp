// Lloyd's iterations over few rows, from given centres until they come to rest.
//
// Rows stand by column, so that a vector holds one column of several rows; V vectors of rows and up
// to C centres are held in registers. Sums by centre are kept, in float64: after the first iteration
// only rows that change are added to one and taken from another.
#include "simd.hpp"

namespace {

#if defined(__AVX512F__)
constexpr int V = 4;
#else
constexpr int V = 3;
#endif
constexpr int C = 4;

// How far centres go beyond the means of their rows: engine/clustering/kmeans/pace.py.
struct Pace {
    std::int64_t far, max_iter;
    double farthest, beyond, slow, still, stirred;
    double before = __builtin_inf();

    double factor(std::int64_t n_iter, double moved, double changed) {
        if (far && n_iter > 1 && changed <= (n_iter > 2 ? still : stirred)) far = 0;
        const bool slowly = moved > slow * before;
        before = moved;
        if (n_iter == max_iter || changed == 0) return 1;
        if (1 < n_iter && n_iter <= far) return farthest;
        return slowly ? beyond : 1;
    }
};

// Scores |c|^2 - 2 x.c of P centres from number c on, for rows whose columns lie `apart` values from
// each other; better ones replace the best.
template <typename T, int P>
inline void better(const T* columns, std::int64_t apart, const T* points, const T* squares,
                   std::int64_t c, std::int64_t d, typename Simd<T>::vector* best,
                   typename Simd<T>::numbers* label) {
    using vector = typename Simd<T>::vector;
    using number = typename Simd<T>::number;
    constexpr int L = Simd<T>::lanes;
    vector sum[P][V];
    for (int p = 0; p < P; ++p)
        for (int v = 0; v < V; ++v) sum[p][v] = spread<T>(squares[c + p]);
    const T* factor = points + c * d;
    for (std::int64_t j = 0; j < d; ++j) {
        vector x[V];
        for (int v = 0; v < V; ++v) x[v] = load(columns + j * apart + v * L);
        for (int p = 0; p < P; ++p) {
            const vector f = spread(factor[p * d + j]);
            for (int v = 0; v < V; ++v) sum[p][v] += f * x[v];
        }
    }
    for (int p = 0; p < P; ++p) {
        const auto here = static_cast<number>(c + p) - typename Simd<T>::numbers{};
        for (int v = 0; v < V; ++v) {
            const auto less = sum[p][v] < best[v];
            best[v] = less ? sum[p][v] : best[v];
            label[v] = less ? here : label[v];
        }
    }
}

// The nearest centre of each of V vectors of rows, the first of equals.
template <typename T>
inline void nearest(const T* columns, std::int64_t apart, const T* points, const T* squares,
                    std::int64_t k, std::int64_t d, typename Simd<T>::numbers* label) {
    typename Simd<T>::vector best[V];
    for (int v = 0; v < V; ++v) {
        best[v] = spread<T>(__builtin_inf());
        label[v] = typename Simd<T>::numbers{};
    }
    std::int64_t c = 0;
    for (; c + C <= k; c += C) better<T, C>(columns, apart, points, squares, c, d, best, label);
    if (k - c == 3) better<T, 3>(columns, apart, points, squares, c, d, best, label);
    if (k - c == 2) better<T, 2>(columns, apart, points, squares, c, d, best, label);
    if (k - c == 1) better<T, 1>(columns, apart, points, squares, c, d, best, label);
}

template <typename T> class Descent {
  public:
    Descent(const T* columns, const T* weighted, std::int64_t n, std::int64_t d, std::int64_t k)
        : columns_(columns), weighted_(weighted), n_(n), d_(d), k_(k), values_((k + R) * d + k),
          sums_(k * (2 * d + 1)), counts_(k), labels_(n) {}

    bool ready() const {
        return values_.data() && sums_.data() && counts_.data() && labels_.data();
    }

    // Move the centres to rest: 1, or 0 where one of them lost its rows.
    int run(double* centres, double limit, std::int64_t max_iter, Pace pace, std::int64_t* n_iter) {
        double *sums = sums_.data(), *step = sums + k_ * (d_ + 1), goes = 0;
        std::memset(sums, 0, sizeof(double) * k_ * (d_ + 1));
        std::memset(counts_.data(), 0, sizeof(std::int64_t) * k_);
        std::memset(labels_.data(), 0xff, sizeof(std::int32_t) * n_);
        for (*n_iter = 0; *n_iter < max_iter; ++*n_iter) {
            const std::int64_t changed = assign(centres);
            if (!changed && goes == 1) return 1;
            for (std::int64_t c = 0; c < k_; ++c)
                if (!counts_.data()[c]) return 0;
            double moved = 0;
            for (std::int64_t c = 0; c < k_; ++c)
                for (std::int64_t j = 0; j < d_; ++j) {
                    const double* of = sums + c * (d_ + 1);
                    const double s = of[j] / of[d_] - centres[c * d_ + j];
                    step[c * d_ + j] = s;
                    moved += s * s;
                }
            const bool still = moved <= limit;
            const double share = static_cast<double>(changed) / static_cast<double>(n_);
            goes = still ? 1 : pace.factor(*n_iter + 1, moved, share);
            for (std::int64_t i = 0; i < k_ * d_; ++i) centres[i] += goes * step[i];
            if (still) {
                ++*n_iter;
                return 1;
            }
        }
        return 1;
    }

  private:
    static constexpr int L = Simd<T>::lanes, R = V * L;

    // Give every row its nearest centre and keep the sums; gives how many rows have another one.
    std::int64_t assign(const double* centres) {
        T *points = values_.data(), *squares = points + k_ * d_, *tail = squares + k_;
        for (std::int64_t c = 0; c < k_; ++c) {
            double square = 0;
            for (std::int64_t j = 0; j < d_; ++j) {
                const double x = centres[c * d_ + j];
                square += x * x;
                points[c * d_ + j] = static_cast<T>(-2 * x);
            }
            squares[c] = static_cast<T>(square);
        }
        std::int64_t changed = 0;
        for (std::int64_t start = 0; start < n_; start += R) {
            const std::int64_t m = n_ - start < R ? n_ - start : R;
            const T* from = columns_ + start;
            std::int64_t apart = n_;
            if (m < R) {  // rows that are none: zeros
                for (std::int64_t j = 0; j < d_; ++j) {
                    for (std::int64_t i = 0; i < m; ++i) tail[j * R + i] = from[j * n_ + i];
                    for (std::int64_t i = m; i < R; ++i) tail[j * R + i] = 0;
                }
                from = tail;
                apart = R;
            }
            typename Simd<T>::numbers label[V];
            nearest(from, apart, points, squares, k_, d_, label);
            std::int32_t now[R];
            for (int v = 0; v < V; ++v)
                for (int i = 0; i < L; ++i) now[v * L + i] = static_cast<std::int32_t>(label[v][i]);
            std::int32_t* was = labels_.data() + start;
            if (!std::memcmp(now, was, sizeof(std::int32_t) * m)) continue;
            for (std::int64_t i = 0; i < m; ++i)
                if (now[i] != was[i]) {
                    move(start + i, was[i], now[i]);
                    was[i] = now[i];
                    ++changed;
                }
        }
        return changed;
    }

    void move(std::int64_t row, std::int32_t from, std::int32_t to) {
        const T* values = weighted_ + row * (d_ + 2);
        double* into = sums_.data() + to * (d_ + 1);
        ++counts_.data()[to];
        if (from < 0) {
            for (std::int64_t j = 0; j <= d_; ++j) into[j] += static_cast<double>(values[j]);
            return;
        }
        double* out_of = sums_.data() + from * (d_ + 1);
        --counts_.data()[from];
        for (std::int64_t j = 0; j <= d_; ++j) {
            const double value = static_cast<double>(values[j]);
            into[j] += value;
            out_of[j] -= value;
        }
    }

    const T *columns_, *weighted_;
    std::int64_t n_, d_, k_;
    Room<T> values_;
    Room<double> sums_;
    Room<std::int64_t> counts_;
    Room<std::int32_t> labels_;
};

template <typename T>
std::int64_t descend(const T* columns, const T* weighted, double* centres, const double* pace,
                     double limit, std::int64_t max_iter, std::int64_t far, std::int64_t n,
                     std::int64_t d, std::int64_t k, std::int64_t* n_iter) {
    Descent<T> descent(columns, weighted, n, d, k);
    if (!descent.ready()) return NO_MEMORY;
    return descent.run(centres, limit, max_iter,
                       Pace{far, max_iter, pace[0], pace[1], pace[2], pace[3], pace[4]}, n_iter);
}

}  // namespace

// Move `centres` (k, d) to rest by rows that stand by column in `columns` (d or more, n) and times
// their weights, followed by these, in `weighted` (n, d + 2): 1, or 0 where a centre lost its rows.
ENGINE_EXPORT std::int64_t KERNEL(descend_f32)(
    const float* columns, const float* weighted, double* centres, const double* pace, double limit,
    std::int64_t max_iter, std::int64_t far, std::int64_t n, std::int64_t d, std::int64_t k,
    std::int64_t* n_iter) {
    return descend(columns, weighted, centres, pace, limit, max_iter, far, n, d, k, n_iter);
}

ENGINE_EXPORT std::int64_t KERNEL(descend_f64)(
    const double* columns, const double* weighted, double* centres, const double* pace,
    double limit, std::int64_t max_iter, std::int64_t far, std::int64_t n, std::int64_t d,
    std::int64_t k, std::int64_t* n_iter) {
    return descend(columns, weighted, centres, pace, limit, max_iter, far, n, d, k, n_iter);
}
