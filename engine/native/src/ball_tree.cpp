// The p nearest of many fixed points, by a tree of balls of eight: points, leaves, branches.
//
// A leaf is eight points, a branch eight leaves, so that one vector holds the scores of all that
// stands side by side. What lies in a ball is at least the distance to its middle less its radius
// away; a row visits the nearest ball first, and of the others those that can hold one as near.
// Scores are |c|^2 - 2 x.c in float32. All points within their rounding of the p-th nearest are
// compared again in float64, from differences.
#include <algorithm>

#include "simd.hpp"

namespace {

constexpr int WIDE = 8;     // points of a leaf, leaves of a branch
constexpr int MOST = 128;   // points within rounding of the p-th nearest that are looked at
constexpr float LARGEST = 1e30f;  // squared length of a row, beyond which scores may overflow
constexpr std::int64_t TRIED = 256;  // rows that tell whether the tree spares enough
constexpr int TOO_MUCH = -2;
constexpr double EPS64 = 2.220446049250313e-16, TINY64 = 1e-290;
constexpr float EPS = 1.1920929e-7f, TINY = 1.17549435e-38f;

typedef float floats __attribute__((vector_size(4 * WIDE)));
typedef float loose_floats __attribute__((vector_size(4 * WIDE), aligned(4), may_alias));
typedef std::int32_t masks __attribute__((vector_size(4 * WIDE)));
typedef std::int8_t bytes __attribute__((vector_size(WIDE)));

inline floats eight(const float* from) { return *reinterpret_cast<const loose_floats*>(from); }

// The lanes of a mask, one after another: eight bits each, or one where that takes one instruction.
#if defined(__AVX__)
constexpr int STEP = 1;
inline std::uint64_t lanes_of(masks mask) {
    return static_cast<std::uint64_t>(__builtin_ia32_movmskps256(reinterpret_cast<floats>(mask)));
}
#else
constexpr int STEP = 8;
inline std::uint64_t lanes_of(masks mask) {
    const bytes narrow = __builtin_convertvector(mask, bytes);
    std::uint64_t lanes;
    std::memcpy(&lanes, &narrow, sizeof lanes);
    return lanes;
}
#endif
inline int next_lane(std::uint64_t* lanes) {
    const int lane = __builtin_ctzll(*lanes) / STEP;
    *lanes &= ~(((std::uint64_t{1} << STEP) - 1) << (lane * STEP));
    return lane;
}
inline std::uint64_t without_lane(std::uint64_t lanes, int lane) {
    return lanes & ~(((std::uint64_t{1} << STEP) - 1) << (lane * STEP));
}

// Panels: for each eight, their columns times -2 (d x 8), then squared norms (8), then, of balls,
// radii (8). What fills up the last eight has an infinite norm.
struct Tree {
    const float *branches, *leaves, *points;
    const std::int64_t* numbers;  // of the points, as they stand in the panels
    const double* exact;          // the points themselves, by number
    std::int64_t n_branches, d;
};

template <int D> inline floats scores(const float* panel, const float* row, std::int64_t width) {
    const std::int64_t d = D ? D : width;
    floats a = eight(panel + d * WIDE), b{}, c{}, e{};
    std::int64_t j = 0;
    for (; j + 4 <= d; j += 4) {  // four sums, as one would wait for itself
        a += eight(panel + j * WIDE) * row[j];
        b += eight(panel + (j + 1) * WIDE) * row[j + 1];
        c += eight(panel + (j + 2) * WIDE) * row[j + 2];
        e += eight(panel + (j + 3) * WIDE) * row[j + 3];
    }
    for (; j < d; ++j) a += eight(panel + j * WIDE) * row[j];
    return (a + b) + (c + e);
}

// What one row has found: the best scores, and all points that may be among the nearest.
struct Found {
    float infinite = __builtin_inff();
    float own, rounding, slack;          // squared length of the row; of two scores; of a distance
    float limit = infinite, reach = infinite;  // scores below may count; how far the p-th is
    std::int64_t p;
    float* best;  // the p best scores, ascending
    std::int64_t n_best = 0;
    int kept = 0;
    bool full = false;
    std::int64_t looked = 0;  // leaves
    float score[MOST];
    std::int64_t number[MOST];

    void tighten(float last) {
        limit = last + rounding;
        const float square = last + own;
        reach = __builtin_sqrtf((square > 0 ? square : 0) + slack);
    }
    void squeeze() {
        int left = 0;
        for (int i = 0; i < kept; ++i)
            if (score[i] < limit) {
                score[left] = score[i];
                number[left++] = number[i];
            }
        full = full || left == MOST;
        kept = left == MOST ? 0 : left;
    }
    void add(float value, std::int64_t which) {
        if (kept == MOST) squeeze();
        score[kept] = value;
        number[kept++] = which;
        if (n_best == p && !(value < best[p - 1])) return;
        std::int64_t i = n_best < p ? n_best++ : p - 1;
        for (; i > 0 && best[i - 1] > value; --i) best[i] = best[i - 1];
        best[i] = value;
        if (n_best == p) tighten(best[p - 1]);
    }
    masks reaches(floats score_of_middle, floats radius) const {
        const floats sum = radius + reach;
        return score_of_middle + own < sum * sum + slack;
    }
};

template <int D> inline void look(const Tree& tree, const float* row, std::int64_t leaf, Found* to) {
    const std::int64_t d = D ? D : tree.d;
    const floats found = scores<D>(tree.points + leaf * (d + 1) * WIDE, row, d);
    std::uint64_t lanes = lanes_of(found < to->limit);
    ++to->looked;
    while (lanes) {
        const int lane = next_lane(&lanes);
        if (found[lane] < to->limit) to->add(found[lane], tree.numbers[leaf * WIDE + lane]);
    }
}

template <int D>
void look_below(const Tree& tree, const float* row, std::int64_t branch, bool first, Found* to) {
    const std::int64_t d = D ? D : tree.d;
    const float* panel = tree.leaves + branch * (d + 2) * WIDE;
    const floats found = scores<D>(panel, row, d), radius = eight(panel + (d + 1) * WIDE);
    int nearest = 0;
    if (first) {
        for (int lane = 1; lane < WIDE; ++lane)
            if (found[lane] < found[nearest]) nearest = lane;
        look<D>(tree, row, branch * WIDE + nearest, to);
    }
    std::uint64_t lanes = lanes_of(to->reaches(found, radius));
    if (first) lanes = without_lane(lanes, nearest);
    while (lanes) look<D>(tree, row, branch * WIDE + next_lane(&lanes), to);
}

// Squared distances from differences, column by column, as NumPy adds them up: no fused products.
UNFUSED void squares_of(const float* row, const double* points, const std::int64_t* number, int n,
                        std::int64_t d, double* to) {
    UNFUSED_BODY
    int i = 0;
    for (; i + 4 <= n; i += 4) {
        const double* a = points + number[i] * d;
        const double* b = points + number[i + 1] * d;
        const double* c = points + number[i + 2] * d;
        const double* e = points + number[i + 3] * d;
        double at = 0, bt = 0, ct = 0, et = 0;
        for (std::int64_t j = 0; j < d; ++j) {
            const double x = static_cast<double>(row[j]);
            const double ax = a[j] - x, bx = b[j] - x, cx = c[j] - x, ex = e[j] - x;
            at += ax * ax;
            bt += bx * bx;
            ct += cx * cx;
            et += ex * ex;
        }
        to[i] = at;
        to[i + 1] = bt;
        to[i + 2] = ct;
        to[i + 3] = et;
    }
    for (; i < n; ++i) {
        const double* a = points + number[i] * d;
        double at = 0;
        for (std::int64_t j = 0; j < d; ++j) {
            const double ax = a[j] - static_cast<double>(row[j]);
            at += ax * ax;
        }
        to[i] = at;
    }
}

// Put what was found in order: nearest first, of equals the smaller number.
void in_order(Found* found, double* squares) {
    for (int i = 1; i < found->kept; ++i) {
        const double square = squares[i];
        const std::int64_t number = found->number[i];
        int at = i;
        for (; at > 0 && (squares[at - 1] > square ||
                          (squares[at - 1] == square && found->number[at - 1] > number));
             --at) {
            squares[at] = squares[at - 1];
            found->number[at] = found->number[at - 1];
        }
        squares[at] = square;
        found->number[at] = number;
    }
}

template <int D>
bool search(const Tree& tree, const float* given, const float* shift, float norm, std::int64_t p,
            float* room, Found* found) {
    const std::int64_t d = D ? D : tree.d, panels = (tree.n_branches + WIDE - 1) / WIDE;
    float *row = room, *of_branch = room + d;
    found->best = of_branch + panels * WIDE;
    found->p = p;
    found->own = 0;
    for (std::int64_t j = 0; j < d; ++j) {
        row[j] = given[j] - shift[j];
        found->own += row[j] * row[j];
    }
    if (!(found->own < LARGEST)) return false;
    // Higham (2002), section 3.1, as in nearest.py, with a quarter to spare.
    const float terms = static_cast<float>(d + 4), length = __builtin_sqrtf(found->own);
    found->rounding = 2.5f * terms * EPS * norm * (2 * length + norm) + 4 * terms * TINY;
    found->slack = 4 * terms * EPS * (length + norm) * (length + norm) + 8 * terms * TINY;
    std::int64_t nearest = 0;
    for (std::int64_t q = 0; q < panels; ++q) {
        const floats here = scores<D>(tree.branches + q * (d + 2) * WIDE, row, d);
        std::memcpy(of_branch + q * WIDE, &here, sizeof here);
        for (int lane = 0; lane < WIDE; ++lane)
            if (here[lane] < of_branch[nearest]) nearest = q * WIDE + lane;
    }
    look_below<D>(tree, row, nearest, true, found);
    for (std::int64_t q = 0; q < panels; ++q) {
        const floats radius = eight(tree.branches + q * (d + 2) * WIDE + (d + 1) * WIDE);
        std::uint64_t lanes = lanes_of(found->reaches(eight(of_branch + q * WIDE), radius));
        while (lanes) {
            const std::int64_t branch = q * WIDE + next_lane(&lanes);
            if (branch != nearest) look_below<D>(tree, row, branch, false, found);
        }
    }
    found->squeeze();
    return !found->full;
}

template <int D>
std::int64_t near(const float* rows, const float* shift, float norm, const Tree& tree,
                  std::int64_t n, std::int64_t p, double most, std::int64_t* index,
                  double* squares, std::int64_t* unsure) {
    const std::int64_t d = D ? D : tree.d;
    Room<float> room(d + tree.n_branches + WIDE + p);
    if (!room.data()) return NO_MEMORY;
    std::int64_t n_unsure = 0, looked = 0;
    const double too_much = most * static_cast<double>(TRIED * tree.n_branches * WIDE);
    double apart[MOST];
    for (std::int64_t i = 0; i < n; ++i) {
        if (i == TRIED && static_cast<double>(looked) > too_much) return TOO_MUCH;
        Found found;
        const float* row = rows + i * d;
        if (!search<D>(tree, row, shift, norm, p, room.data(), &found)) {
            unsure[n_unsure++] = i;
            continue;
        }
        looked += found.looked;
        if (squares || found.kept > 1) {
            squares_of(row, tree.exact, found.number, found.kept, d, apart);
            in_order(&found, apart);
        }
        // Sums of another order may be rounded otherwise: who adds up so decides.
        const double rounding = 2 * static_cast<double>(d + 4) * EPS64;
        if (!squares && found.kept > 1 && apart[1] - apart[0] <= rounding * apart[1] + TINY64)
            unsure[n_unsure++] = i;
        for (std::int64_t c = 0; c < p; ++c) index[i * p + c] = found.number[c];
        if (squares)
            for (std::int64_t c = 0; c < p; ++c) squares[i * p + c] = apart[c];
    }
    return n_unsure;
}

struct Projected {
    double at;
    std::int64_t number;
    bool operator<(const Projected& other) const {
        return at < other.at || (at == other.at && number < other.number);
    }
};

// The direction in which points vary most, nearly: some turns of the power method.
void main_direction(const double* points, const std::int64_t* number, std::int64_t n,
                    std::int64_t d, double* mean, double* direction, double* turned) {
    std::int64_t widest = 0;
    for (std::int64_t j = 0; j < d; ++j) mean[j] = turned[j] = 0;
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < d; ++j) mean[j] += points[number[i] * d + j];
    for (std::int64_t j = 0; j < d; ++j) mean[j] /= static_cast<double>(n);
    for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t j = 0; j < d; ++j) {
            const double away = points[number[i] * d + j] - mean[j];
            turned[j] += away * away;
        }
    for (std::int64_t j = 0; j < d; ++j) {
        if (turned[j] > turned[widest]) widest = j;
        direction[j] = 0;
    }
    direction[widest] = 1;
    for (int turn = 0; turn < 6; ++turn) {
        double length = 0;
        for (std::int64_t j = 0; j < d; ++j) turned[j] = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            const double* point = points + number[i] * d;
            double along = 0;
            for (std::int64_t j = 0; j < d; ++j) along += (point[j] - mean[j]) * direction[j];
            for (std::int64_t j = 0; j < d; ++j) turned[j] += along * (point[j] - mean[j]);
        }
        for (std::int64_t j = 0; j < d; ++j) length += turned[j] * turned[j];
        if (!(length > 0)) return;
        for (std::int64_t j = 0; j < d; ++j) direction[j] = turned[j] / __builtin_sqrt(length);
    }
}

// Order numbers so that every eight, and every 64, lie together: parted where that leaves least
// scatter along the main direction, again and again.
void part(const double* points, std::int64_t* number, std::int64_t n, std::int64_t d,
          Projected* along, double* room) {
    while (n > WIDE) {
        const std::int64_t unit = n > WIDE * WIDE ? WIDE * WIDE : WIDE;
        double *mean = room, *direction = room + d;
        main_direction(points, number, n, d, mean, direction, room + 2 * d);
        double total = 0, before = 0, most = -1;
        for (std::int64_t i = 0; i < n; ++i) {
            double at = 0;
            for (std::int64_t j = 0; j < d; ++j)
                at += (points[number[i] * d + j] - mean[j]) * direction[j];
            along[i] = {at, number[i]};
            total += at;
        }
        std::sort(along, along + n);
        std::int64_t half = n / 2 / unit * unit;
        if (half == 0) half = unit;
        for (std::int64_t i = 0; i < n; ++i) {
            if (i % unit == 0 && i * 8 >= n && (n - i) * 8 >= n) {  // so that it is not deep
                const double left = static_cast<double>(i), right = static_cast<double>(n - i);
                const double after = total - before;
                const double gain = before * before / left + after * after / right;
                if (gain > most) {
                    most = gain;
                    half = i;
                }
            }
            before += along[i].at;
        }
        for (std::int64_t i = 0; i < n; ++i) number[i] = along[i].number;
        part(points, number, half, d, along, room);
        number += half;
        n -= half;
    }
}

}  // namespace

// Put the points' numbers in an order in which every eight lie together, and every 64.
ENGINE_EXPORT std::int64_t KERNEL(ball_tree_order)(const double* points, std::int64_t n,
                                                   std::int64_t d, std::int64_t* number) {
    Room<double> room(3 * d);
    Room<Projected> along(n);
    if (!room.data() || !along.data()) return NO_MEMORY;
    for (std::int64_t i = 0; i < n; ++i) number[i] = i;
    part(points, number, n, d, along.data(), room.data());
    return 0;
}

// Find the p nearest points of each row, p at most 32, nearest first, of equals the smaller number;
// without `squares` p is 1. Gives how many rows are not decided, and their numbers in `unsure`; -2
// where the first rows had to look at more than a share `most` of all leaves.
ENGINE_EXPORT std::int64_t KERNEL(ball_tree_near)(
    const float* rows, const float* shift, const float* branches, const float* leaves,
    const float* points, const std::int64_t* numbers, const double* exact, double norm,
    std::int64_t n_branches, std::int64_t n, std::int64_t d, std::int64_t p, double most,
    std::int64_t* index, double* squares, std::int64_t* unsure) {
    const Tree tree{branches, leaves, points, numbers, exact, n_branches, d};
    const float wide = static_cast<float>(norm) * (1 + EPS);
    switch (d) {
        case 8: return near<8>(rows, shift, wide, tree, n, p, most, index, squares, unsure);
        case 16: return near<16>(rows, shift, wide, tree, n, p, most, index, squares, unsure);
        default: return near<0>(rows, shift, wide, tree, n, p, most, index, squares, unsure);
    }
}
