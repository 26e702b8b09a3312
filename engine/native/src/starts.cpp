// Where k-means starts from: rows drawn by their squared distance, and clusters cut in two.
#include "simd.hpp"

namespace {

#if defined(__AVX512F__)
constexpr int V = 4;
#else
constexpr int V = 2;
#endif
constexpr int C = 4;
constexpr int STEPS = 8;  // of V vectors, whose values are added up in their own type

// Greedy k-means++: of several rows drawn for each centre, the one that leaves the least.
template <typename T> class Seeds {
    static constexpr int L = Simd<T>::lanes, R = V * L, BLOCK = STEPS * R;
    using vector = typename Simd<T>::vector;

  public:
    Seeds(const T* columns, const T* weights, std::int64_t n, std::int64_t d, std::int64_t trials)
        : n_(n), d_(d), trials_(trials), padded_((n + BLOCK - 1) / BLOCK * BLOCK),
          blocks_(padded_ / BLOCK), rows_((d + 1) * padded_), own_(padded_), left_((trials + 1) * padded_),
          points_(trials * (d + 1)), sums_((trials + 1) * blocks_) {
        if (!ready()) return;
        // Rows that are none lie at zero, with nothing left and of no weight.
        for (std::int64_t i = 0; i < padded_; ++i)
            own_.data()[i] = i >= n ? T(0) : weights ? weights[i] : T(1);
        for (std::int64_t start = 0; start < padded_; start += R) {
            T* to = rows_.data() + start * (d + 1);
            for (std::int64_t j = 0; j <= d; ++j) {
                const T* from = columns + (j < d ? j : d + 1) * n;
                for (std::int64_t i = 0; i < R; ++i)
                    to[j * R + i] = start + i < n ? from[start + i] : T(0);
            }
        }
    }

    bool ready() const {
        return rows_.data() && own_.data() && left_.data() && points_.data() && sums_.data();
    }

    // Fill in the rows chosen; gives what they leave.
    double choose(std::int64_t k, double first, const double* at, std::int64_t* chosen) {
        T* left = left_.data();
        double* sums = sums_.data();
        for (std::int64_t i = 0; i < padded_; ++i) left[i] = i < n_ ? T(1) : T(0);
        for (std::int64_t b = 0; b < blocks_; ++b) {
            sums[b] = 0;
            for (std::int64_t i = b * BLOCK; i < (b + 1) * BLOCK; ++i)
                sums[b] += static_cast<double>(own()[i]);
        }
        chosen[0] = drawn(first);
        std::int64_t candidate = chosen[0];
        for (std::int64_t i = 0; i < n_; ++i) left[i] = static_cast<T>(__builtin_inf());
        measure(&candidate, 1);
        left_of(0)[chosen[0]] = 0;
        keep(0);
        Room<std::int64_t> candidates(trials_);
        if (!candidates.data()) return -1;
        for (std::int64_t j = 1; j < k; ++j) {
            for (std::int64_t t = 0; t < trials_; ++t)
                candidates.data()[t] = drawn(at[j * trials_ + t]);
            const std::int64_t best = measure(candidates.data(), trials_);
            chosen[j] = candidates.data()[best];
            keep(best);
        }
        double scatter = 0;
        for (std::int64_t b = 0; b < blocks_; ++b) scatter += sums[b];
        return scatter;
    }

  private:
    const T* own() const { return own_.data(); }
    // R rows lie together, column by column, and their squares at last: read from end to end.
    T value(std::int64_t i, std::int64_t j) const {
        return rows_.data()[(i / R * (d_ + 1) + j) * R + i % R];
    }
    T* left_of(std::int64_t t) { return left_.data() + (t + 1) * padded_; }
    double* sums_of(std::int64_t t) { return sums_.data() + (t + 1) * blocks_; }

    // The row at a place, from 0 to 1, of what is left of all, times their weights, end to end.
    std::int64_t drawn(double place) const {
        const double* sums = sums_.data();
        double total = 0;
        for (std::int64_t b = 0; b < blocks_; ++b) total += sums[b];
        double rest = place * total;
        std::int64_t b = 0;
        for (; b < blocks_ - 1 && sums[b] <= rest; ++b) rest -= sums[b];
        std::int64_t i = b * BLOCK;
        const std::int64_t end = (b + 1) * BLOCK < n_ ? (b + 1) * BLOCK : n_;
        for (double sum = 0; i < end - 1; ++i) {
            sum += static_cast<double>(left_.data()[i] * own()[i]);
            if (sum > rest) break;
        }
        return i;
    }

    // What would be left after each of the candidates; gives the number of the best, the first of
    // equals.
    std::int64_t measure(const std::int64_t* candidates, std::int64_t m) {
        T* points = points_.data();
        for (std::int64_t t = 0; t < m; ++t) {
            for (std::int64_t j = 0; j < d_; ++j)
                points[t * (d_ + 1) + j] = -2 * value(candidates[t], j);
            points[t * (d_ + 1) + d_] = value(candidates[t], d_);
        }
        std::int64_t t = 0;
        for (std::int64_t b = 0; b < blocks_; ++b) {
            for (t = 0; t + C <= m; t += C) fill<C>(t, b);
            if (m - t == 3) fill<3>(t, b);
            if (m - t == 2) fill<2>(t, b);
            if (m - t == 1) fill<1>(t, b);
        }
        std::int64_t best = 0;
        double least = __builtin_inf();
        for (t = 0; t < m; ++t) {
            double sum = 0;
            for (std::int64_t b = 0; b < blocks_; ++b) sum += sums_of(t)[b];
            if (sum < least) {
                least = sum;
                best = t;
            }
        }
        return best;
    }

    template <int P> void fill(std::int64_t first, std::int64_t b) {
        const T* points = points_.data() + first * (d_ + 1);
        vector total[P] = {};
        for (std::int64_t i = b * BLOCK; i < (b + 1) * BLOCK; i += R) {
            const T* rows = rows_.data() + i * (d_ + 1);
            vector sum[P][V];
            for (int v = 0; v < V; ++v) {
                const vector square = load(rows + d_ * R + v * L);
                for (int p = 0; p < P; ++p) sum[p][v] = square + spread(points[p * (d_ + 1) + d_]);
            }
            for (std::int64_t j = 0; j < d_; ++j)
                for (int v = 0; v < V; ++v) {
                    const vector x = load(rows + j * R + v * L);
                    for (int p = 0; p < P; ++p) sum[p][v] += spread(points[p * (d_ + 1) + j]) * x;
                }
            for (int v = 0; v < V; ++v) {
                const vector before = load(left_.data() + i + v * L);
                const vector weight = load(own() + i + v * L);
                for (int p = 0; p < P; ++p) {
                    const vector after = sum[p][v] < before ? sum[p][v] : before;
                    store(left_of(first + p) + i + v * L, after);
                    total[p] += after * weight;
                }
            }
        }
        for (int p = 0; p < P; ++p) {
            double sum = 0;
            for (int i = 0; i < L; ++i) sum += static_cast<double>(total[p][i]);
            sums_of(first + p)[b] = sum;
        }
    }

    // Take what a candidate leaves, nothing below zero.
    void keep(std::int64_t t) {
        const T* from = left_of(t);
        T* to = left_.data();
        for (std::int64_t b = 0; b < blocks_; ++b) {
            double sum = 0;
            for (std::int64_t i = b * BLOCK; i < (b + 1) * BLOCK; ++i) {
                to[i] = from[i] > 0 && i < n_ ? from[i] : T(0);
                sum += static_cast<double>(to[i] * own()[i]);
            }
            sums_.data()[b] = sum;
        }
    }

    std::int64_t n_, d_, trials_, padded_, blocks_;
    Room<T> rows_, own_, left_, points_;
    Room<double> sums_;
};

template <typename T>
double seeds(const T* columns, const T* weights, double first, const double* at, std::int64_t n,
             std::int64_t d, std::int64_t k, std::int64_t trials, std::int64_t* chosen) {
    Seeds<T> seeds(columns, weights, n, d, trials);
    return seeds.ready() ? seeds.choose(k, first, at, chosen) : NO_MEMORY;
}

// Part the rows of each cluster by a plane, several times: each plane stands between the means of
// the parts before, at first across `along` through `middle` (k, d).
template <typename T>
int cut(const T* wide, const T* weighted, const std::int64_t* labels, double* along, double* middle,
        double none, std::int64_t rounds, std::int64_t n, std::int64_t d, std::int64_t k,
        double* gain, double* halves) {
    Room<T> planes(k * (d + 1));
    Room<double> parts(k * 2 * (d + 1));
    if (!planes.data() || !parts.data()) return NO_MEMORY;
    for (std::int64_t round = 0; round < rounds; ++round) {
        for (std::int64_t c = 0; c < k; ++c) {
            double offset = 0;
            for (std::int64_t j = 0; j < d; ++j) {
                offset -= along[c * d + j] * middle[c * d + j];
                planes.data()[c * (d + 1) + j] = static_cast<T>(along[c * d + j]);
            }
            planes.data()[c * (d + 1) + d] = static_cast<T>(offset);
        }
        std::memset(parts.data(), 0, sizeof(double) * k * 2 * (d + 1));
        for (std::int64_t i = 0; i < n; ++i) {
            const T *x = wide + i * (d + 2), *plane = planes.data() + labels[i] * (d + 1);
            const T* values = weighted + i * (d + 2);
            T even = plane[d], odd = 0;  // two chains of additions take half the time
            std::int64_t j = 0;
            for (; j + 2 <= d; j += 2) {
                even += x[j] * plane[j];
                odd += x[j + 1] * plane[j + 1];
            }
            if (j < d) even += x[j] * plane[j];
            double* part = parts.data() + (2 * labels[i] + (even + odd > 0)) * (d + 1);
            for (j = 0; j <= d; ++j) part[j] += static_cast<double>(values[j]);
        }
        for (std::int64_t c = 0; c < k; ++c) {
            const double* part = parts.data() + c * 2 * (d + 1);
            const double all = part[d] + part[2 * d + 1];
            double weight[2], apart = 0;
            for (int s = 0; s < 2; ++s) {
                const double own = part[s * (d + 1) + d];
                weight[s] = own > none * all ? own : 0;  // else what rounding left
                const double of = weight[s] > 0 ? weight[s] : 1;
                for (std::int64_t j = 0; j < d; ++j)
                    halves[(2 * c + s) * d + j] = part[s * (d + 1) + j] / of;
            }
            for (std::int64_t j = 0; j < d; ++j) {
                const double one = halves[2 * c * d + j], other = halves[(2 * c + 1) * d + j];
                along[c * d + j] = other - one;
                middle[c * d + j] = (one + other) / 2;
                apart += (other - one) * (other - one);
            }
            gain[c] = weight[0] * weight[1] / (all > 0 ? all : 1) * apart;
        }
    }
    return 0;
}

}  // namespace

#define STARTS(T, suffix)                                                                          \
    ENGINE_EXPORT double KERNEL(seeds_##suffix)(                                                   \
        const T* columns, const T* weights, double first, const double* at, std::int64_t n,        \
        std::int64_t d, std::int64_t k, std::int64_t trials, std::int64_t* chosen) {               \
        return seeds(columns, weights, first, at, n, d, k, trials, chosen);                        \
    }                                                                                              \
    ENGINE_EXPORT std::int64_t KERNEL(cut_##suffix)(                                               \
        const T* wide, const T* weighted, const std::int64_t* labels, double* along,               \
        double* middle, double none, std::int64_t rounds, std::int64_t n, std::int64_t d,          \
        std::int64_t k, double* gain, double* halves) {                                            \
        return cut(wide, weighted, labels, along, middle, none, rounds, n, d, k, gain, halves);    \
    }

// Draw the rows to start from (k,) by places from 0 to 1: `first`, and `at` (k, trials). Rows stand
// by column in `columns` (d + 2, n), the last of them their squares. Gives what they leave, or -1.
STARTS(float, f32)
STARTS(double, f64)
