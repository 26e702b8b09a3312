// Columns of numbers to rows of the prepared matrix, many columns in one launch: filled, clipped,
// shaped, centred, scaled and rounded to float32, as engine/native/src/tables.cpp does it.
//
// A block takes 128 rows of 32 columns: a warp reads 32 numbers of one column that lie beside each
// other, what they become is turned round in shared memory, and rows are written from there. All
// operations are rounded one by one, so that a column without a logarithm has the bits of the CPU;
// with one it is that of CUDA, within one unit in the last place of float64.
//
// Bytes: what the columns take (8 for float64, 1 for a mask) and 4 d a row, each once. Operations:
// 4 an element, about 40 with a logarithm: at 12 bytes an element and 4.8 TB/s 1.6e13 a second, which
// is what 132 processors do in float64; without one the memory alone counts.
namespace {

typedef long long i64;

constexpr int ROWS = 128, COLUMNS = 32, LANES = 32, GROUPS = 8;
constexpr int WORDS = 4, NUMBERS = 6;  // of a column: see below
constexpr double LARGEST = 1.7976931348623157e308;

enum Type : i64 { I8, I16, I32, I64, U8, U16, U32, U64, F32, F64 };
enum Kind : i64 { PLAIN, LOG, ASINH };

// How a column becomes one of the matrix.
struct Shape {
    double fill, low, high, centre, scale, unit;  // the last two as what is multiplied by
    i64 kind;
};

__device__ __forceinline__ float shaped(double value, const Shape& by) {
    double v = value <= LARGEST && value >= -LARGEST ? value : by.fill;
    v = v < by.low ? by.low : v;
    v = v > by.high ? by.high : v;
    if (by.kind != PLAIN) {
        double far = fabs(v);
        if (by.kind == ASINH) {
            far *= by.unit;
            far += sqrt(fma(far, far, 1.0));
        } else {
            far += 1.0;
        }
        const double size = log(far);
        v = v < 0.0 ? -size : size;
    }
    return static_cast<float>((v - by.centre) * by.scale);
}

// Shape some rows of a column of type T into a column of the tile; what `known` denies is missing.
template <typename T>
__device__ __forceinline__ void shaped_column(const void* values, const unsigned char* known,
                                              i64 first, int n, const Shape& by, float* to) {
    const T* from = static_cast<const T*>(values) + first;
    for (int row = threadIdx.x; row < n; row += LANES) {
        const bool there = !known || known[first + row];
        to[row * (COLUMNS + 1)] = shaped(there ? static_cast<double>(from[row]) : by.fill, by);
    }
}

__device__ void shaped_as(i64 type, const void* values, const unsigned char* known, i64 first,
                          int n, const Shape& by, float* to) {
    switch (type) {
        case I8: return shaped_column<signed char>(values, known, first, n, by, to);
        case I16: return shaped_column<short>(values, known, first, n, by, to);
        case I32: return shaped_column<int>(values, known, first, n, by, to);
        case I64: return shaped_column<i64>(values, known, first, n, by, to);
        case U8: return shaped_column<unsigned char>(values, known, first, n, by, to);
        case U16: return shaped_column<unsigned short>(values, known, first, n, by, to);
        case U32: return shaped_column<unsigned int>(values, known, first, n, by, to);
        case U64: return shaped_column<unsigned long long>(values, known, first, n, by, to);
        case F32: return shaped_column<float>(values, known, first, n, by, to);
        default: return shaped_column<double>(values, known, first, n, by, to);
    }
}

}  // namespace

// Write n rows of `columns` columns into the first ones of out (n, width). Of a column words tell the
// address of its values, of a byte for each that says whether it is known (or null), its type and
// kind; numbers tell fill, low, high, centre, 1 / scale and 1 / unit.
extern "C" __global__ void __launch_bounds__(256, 4)
    columns_shaped(const i64* __restrict__ words, const double* __restrict__ numbers, i64 n,
                   int columns, i64 width, float* __restrict__ out) {
    __shared__ float tile[ROWS * (COLUMNS + 1)];
    const i64 start = static_cast<i64>(blockIdx.x) * ROWS;
    const int first = static_cast<int>(blockIdx.y) * COLUMNS;
    const int rows = n - start < ROWS ? static_cast<int>(n - start) : ROWS;
    const int held = columns - first < COLUMNS ? columns - first : COLUMNS;
    for (int column = threadIdx.y; column < held; column += GROUPS) {
        const i64* word = words + WORDS * (first + column);
        const double* number = numbers + NUMBERS * (first + column);
        const Shape by = {number[0], number[1], number[2], number[3], number[4], number[5], word[3]};
        shaped_as(word[2], reinterpret_cast<const void*>(word[0]),
                  reinterpret_cast<const unsigned char*>(word[1]), start, rows, by, tile + column);
    }
    __syncthreads();
    for (int at = threadIdx.y * LANES + threadIdx.x; at < rows * held; at += LANES * GROUPS) {
        const int row = at / held, column = at - row * held;
        out[(start + row) * width + first + column] = tile[row * (COLUMNS + 1) + column];
    }
}
