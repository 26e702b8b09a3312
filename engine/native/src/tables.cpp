// Columns of numbers of a table, as Arrow hands them over: what is seen of them, and the rows of the
// prepared matrix. https://arrow.apache.org/docs/format/CStreamInterface.html
#include "simd.hpp"

namespace {

struct Schema {
    const char *format, *name, *metadata;
    std::int64_t flags, n_children;
    Schema** children;
    Schema* dictionary;
    void (*release)(Schema*);
    void* own;
};

struct Array {
    std::int64_t length, null_count, offset, n_buffers, n_children;
    const void** buffers;
    Array** children;
    Array* dictionary;
    void (*release)(Array*);
    void* own;
};

struct Stream {
    int (*get_schema)(Stream*, Schema*);
    int (*get_next)(Stream*, Array*);
    const char* (*get_last_error)(Stream*);
    void (*release)(Stream*);
    void* own;
};

constexpr int UNREAD = 1;        // the stream failed, or holds what no kernel reads
constexpr std::int64_t T = 256;  // rows of a tile
constexpr std::int64_t G = 16;   // columns that are written beside each other: a line of the cache

const double NONE = __builtin_nan("");
constexpr double LARGEST = 1.7976931348623157e308;

using vector = Simd<double>::vector;
using numbers = Simd<double>::numbers;
typedef std::uint64_t bits __attribute__((vector_size(BYTES)));
constexpr int L = Simd<double>::lanes;

// Frees what it holds at the end of its scope, as a consumer of Arrow has to.
template <typename S> struct Held : S {
    Held() { this->release = nullptr; }
    ~Held() { drop(); }
    void drop() {
        if (this->release) this->release(this);
        this->release = nullptr;
    }
};

template <typename N> void widen(const void* from, std::int64_t start, std::int64_t n, double* to) {
    const N* values = static_cast<const N*>(from) + start;
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<double>(values[i]);
}

inline bool bit(const void* from, std::int64_t i) {
    return static_cast<const std::uint8_t*>(from)[i >> 3] >> (i & 7) & 1;
}

void widen_bits(const void* from, std::int64_t start, std::int64_t n, double* to) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = bit(from, start + i) ? 1.0 : 0.0;
}

void widen_nothing(const void*, std::int64_t, std::int64_t n, double* to) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = NONE;
}

using Widen = void (*)(const void*, std::int64_t, std::int64_t, double*);

Widen widen_of(const char* format) {
    if (format[0] == 0 || format[1] != 0) return nullptr;
    switch (format[0]) {
        case 'c': return widen<std::int8_t>;
        case 'C': return widen<std::uint8_t>;
        case 's': return widen<std::int16_t>;
        case 'S': return widen<std::uint16_t>;
        case 'i': return widen<std::int32_t>;
        case 'I': return widen<std::uint32_t>;
        case 'l': return widen<std::int64_t>;
        case 'L': return widen<std::uint64_t>;
        case 'f': return widen<float>;
        case 'g': return widen<double>;
        case 'b': return widen_bits;
        case 'n': return widen_nothing;
        default: return nullptr;
    }
}

// Rows of a column as float64, NaN where none is known.
void read(const Array& column, Widen widen, std::int64_t start, std::int64_t n, double* to) {
    start += column.offset;
    widen(column.n_buffers > 1 ? column.buffers[1] : nullptr, start, n, to);
    const void* known = column.n_buffers > 0 && column.null_count ? column.buffers[0] : nullptr;
    if (!known || widen == widen_nothing) return;
    for (std::int64_t i = 0; i < n; ++i) to[i] = bit(known, start + i) ? to[i] : NONE;
}

// Shows each array of a stream with its columns to `see(array, widens, first_row)`.
template <typename See> int each(Stream* stream, std::int64_t columns, See see) {
    Held<Schema> schema;
    if (stream->get_schema(stream, &schema)) return UNREAD;
    if (schema.n_children != columns || schema.format[0] != '+' || schema.format[1] != 's')
        return UNREAD;
    Room<Widen> widens(static_cast<std::size_t>(columns));
    if (!widens.data()) return NO_MEMORY;
    for (std::int64_t j = 0; j < columns; ++j)
        if (!(widens.data()[j] = widen_of(schema.children[j]->format))) return UNREAD;
    for (std::int64_t rows = 0;;) {
        Held<Array> array;
        if (stream->get_next(stream, &array)) return UNREAD;
        if (!array.release) return 0;
        if (array.n_children != columns) return UNREAD;
        const int code = see(array, widens.data(), rows);
        if (code) return code;
        rows += array.length;
    }
}

// Take in n values: how many are missing or infinite, the least and the largest of the others.
void seen(double* x, std::int64_t n, double* facts) {
    const std::int64_t more = (L - n % L) % L;
    for (std::int64_t i = n; i < n + more; ++i) x[i] = NONE;
    vector low = spread(facts[2]), high = spread(facts[3]);
    numbers missing = {}, unusable = {};
    for (std::int64_t i = 0; i < n; i += L) {
        const vector v = load(x + i);
        const auto usable = (v <= LARGEST) & (v >= -LARGEST);
        missing -= v != v;
        unusable -= ~usable;
        low = (usable & (v < low)) ? v : low;
        high = (usable & (v > high)) ? v : high;
    }
    facts[0] -= static_cast<double>(more);
    facts[1] -= static_cast<double>(more);
    for (int l = 0; l < L; ++l) {
        facts[0] += static_cast<double>(missing[l]);
        facts[1] += static_cast<double>(unusable[l]);
        facts[2] = low[l] < facts[2] ? low[l] : facts[2];
        facts[3] = high[l] > facts[3] ? high[l] : facts[3];
    }
}

// The logarithm of values from 1 on, within one unit in the last place: that of fdlibm (e_log.c,
// Sun Microsystems 1993), without its branches.
inline vector log_from_one(vector y) {
    const bits whole = reinterpret_cast<bits>(y);
    const bits power = (whole - 0x3fe6a09e00000000u) >> 52;
    const vector m = reinterpret_cast<vector>(whole - (power << 52));
    const vector k = reinterpret_cast<vector>(power | 0x4330000000000000u) - 4503599627370496.0;
    const vector f = m - 1.0, s = f / (f + 2.0), z = s * s, w = z * z;
    const vector t1 = w * (3.999999999940941908e-01 +
                           w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    const vector t2 =
        z * (6.666666666666735130e-01 +
             w * (2.857142874366239149e-01 +
                  w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    const vector half = 0.5 * f * f;
    const vector found = k * 6.93147180369123816490e-01 -
                         ((half - (s * (half + (t1 + t2)) + k * 1.90821492927058770002e-10)) - f);
    return y <= LARGEST ? found : y;
}

// What becomes of a column: its kind, and fill, low, high, centre, 1 / scale, 1 / unit.
enum Kind : std::int64_t { PLAIN = 0, LOG = 1, ASINH = 2 };
constexpr int NUMBERS = 6;

void shape(double* x, std::int64_t n, const double* how, std::int64_t kind, float* to) {
    const double fill = how[0], low = how[1], high = how[2], centre = how[3], scale = how[4];
    for (std::int64_t i = 0; i < n; ++i) {
        double v = x[i];
        v = (v <= LARGEST && v >= -LARGEST) ? v : fill;
        v = v < low ? low : v;
        x[i] = v > high ? high : v;
    }
    for (std::int64_t i = n; i % L; ++i) x[i] = 0.0;
    for (std::int64_t i = 0; kind != PLAIN && i < n; i += L) {
        const vector v = load(x + i);
        vector far = v < 0.0 ? -v : v;
        if (kind == ASINH) {
            far *= how[5];
            const vector square = far * far + 1.0;
            vector root;
            for (int l = 0; l < L; ++l) root[l] = __builtin_sqrt(square[l]);
            far += root;
        } else {
            far += 1.0;
        }
        const vector size = log_from_one(far);
        store(x + i, v < 0.0 ? -size : size);
    }
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<float>((x[i] - centre) * scale);
}

// Turn n rows of G columns round, into rows that are `width` apart.
void turn(const float (*from)[T], std::int64_t columns, std::int64_t n, float* to,
          std::int64_t width) {
    typedef float four __attribute__((vector_size(16)));
    typedef float loose __attribute__((vector_size(16), aligned(4), may_alias));
    std::int64_t j = 0;
    for (; j + 4 <= columns; j += 4) {
        std::int64_t i = 0;
        for (; i + 4 <= n; i += 4) {
            const four a = *reinterpret_cast<const loose*>(from[j] + i);
            const four b = *reinterpret_cast<const loose*>(from[j + 1] + i);
            const four c = *reinterpret_cast<const loose*>(from[j + 2] + i);
            const four d = *reinterpret_cast<const loose*>(from[j + 3] + i);
            const four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            const four cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
            const four AB = __builtin_shufflevector(a, b, 2, 6, 3, 7);
            const four CD = __builtin_shufflevector(c, d, 2, 6, 3, 7);
            float* at = to + i * width + j;
            *reinterpret_cast<loose*>(at) = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
            *reinterpret_cast<loose*>(at + width) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
            at += 2 * width;
            *reinterpret_cast<loose*>(at) = __builtin_shufflevector(AB, CD, 0, 1, 4, 5);
            *reinterpret_cast<loose*>(at + width) = __builtin_shufflevector(AB, CD, 2, 3, 6, 7);
        }
        for (; i < n; ++i)
            for (int l = 0; l < 4; ++l) to[i * width + j + l] = from[j + l][i];
    }
    for (; j < columns; ++j)
        for (std::int64_t i = 0; i < n; ++i) to[i * width + j] = from[j][i];
}

int rows_of(const Array& table, const Widen* widens, std::int64_t columns, const double* how,
            const std::int64_t* kinds, float* out, std::int64_t width) {
    alignas(64) double x[T + 8];
    alignas(64) float made[G][T];
    for (std::int64_t start = 0; start < table.length; start += T) {
        const std::int64_t n = table.length - start < T ? table.length - start : T;
        for (std::int64_t first = 0; first < columns; first += G) {
            const std::int64_t m = columns - first < G ? columns - first : G;
            for (std::int64_t g = 0; g < m; ++g) {
                const std::int64_t j = first + g;
                read(*table.children[j], widens[j], table.offset + start, n, x);
                shape(x, n, how + NUMBERS * j, kinds[j], made[g]);
            }
            turn(made, m, n, out + start * width + first, width);
        }
    }
    return 0;
}

}  // namespace

// Add to facts (columns, 4) of each column of a stream's rows: how many are missing (null or NaN),
// how many missing or infinite, and the range of the others.
ENGINE_EXPORT std::int64_t KERNEL(table_seen)(Stream* stream, std::int64_t columns,
                                                double* facts) {
    return each(stream, columns, [=](const Array& table, const Widen* widens, std::int64_t) {
        alignas(64) double x[T + 8];
        for (std::int64_t start = 0; start < table.length; start += T) {
            const std::int64_t n = table.length - start < T ? table.length - start : T;
            for (std::int64_t j = 0; j < columns; ++j) {
                read(*table.children[j], widens[j], table.offset + start, n, x);
                seen(x, n, facts + 4 * j);
            }
        }
        return 0;
    });
}

// Write the rows of a stream into the first `columns` of out (rows, width), as `how` and `kinds` say.
ENGINE_EXPORT std::int64_t KERNEL(table_shaped)(Stream* stream, std::int64_t columns,
                                                  const double* how, const std::int64_t* kinds,
                                                  std::int64_t rows, std::int64_t width,
                                                  float* out) {
    return each(stream, columns, [=](const Array& table, const Widen* widens, std::int64_t first) {
        if (first + table.length > rows) return UNREAD;
        return rows_of(table, widens, columns, how, kinds, out + first * width, width);
    });
}
