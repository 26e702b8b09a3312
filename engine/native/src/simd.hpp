// Vectors as wide as the instruction set that a file is compiled for, and what kernels share.
//
// Every kernel file is compiled several times, so all in it but the exported functions stands in an
// anonymous namespace: else the linker would keep one copy, of whichever instruction set.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12  // Clang's name for it came later
#define __builtin_shufflevector(x, y, ...) __builtin_shuffle(x, y, decltype(x < y){__VA_ARGS__})
#endif

#if defined(_WIN32)
#define ENGINE_EXPORT extern "C" __declspec(dllexport)
#else
#define ENGINE_EXPORT extern "C" __attribute__((visibility("default")))
#endif

// A function whose products are rounded before they are added, as NumPy's are: UNFUSED before it,
// UNFUSED_BODY at its beginning.
#if defined(__clang__)
#define UNFUSED __attribute__((noinline))
#define UNFUSED_BODY _Pragma("clang fp contract(off)")
#else
#define UNFUSED __attribute__((noinline, optimize("fp-contract=off")))
#define UNFUSED_BODY
#endif

// KERNEL(name) is the function's name for the instruction set at hand: name_avx2, say.
#define ENGINE_JOIN_(a, b) a##_##b
#define ENGINE_JOIN(a, b) ENGINE_JOIN_(a, b)
#define KERNEL(name) ENGINE_JOIN(name, ENGINE_SET)

namespace {

#if defined(__AVX512F__)
constexpr int BYTES = 64;
#elif defined(__AVX__)
constexpr int BYTES = 32;
#else
constexpr int BYTES = 16;
#endif

// T: float or double. Lane masks and numbers are whole numbers of the same width.
template <typename T> struct Simd;

template <> struct Simd<float> {
    static constexpr int lanes = BYTES / 4;
    using number = std::int32_t;
    typedef float vector __attribute__((vector_size(BYTES)));
    typedef float loose __attribute__((vector_size(BYTES), aligned(4), may_alias));
    typedef number numbers __attribute__((vector_size(BYTES)));
};

template <> struct Simd<double> {
    static constexpr int lanes = BYTES / 8;
    using number = std::int64_t;
    typedef double vector __attribute__((vector_size(BYTES)));
    typedef double loose __attribute__((vector_size(BYTES), aligned(8), may_alias));
    typedef number numbers __attribute__((vector_size(BYTES)));
};

template <typename T> inline typename Simd<T>::vector load(const T* from) {
    return *reinterpret_cast<const typename Simd<T>::loose*>(from);
}

template <typename T> inline void store(T* to, typename Simd<T>::vector v) {
    *reinterpret_cast<typename Simd<T>::loose*>(to) = v;
}

template <typename T> inline typename Simd<T>::vector spread(T value) {
    return value - typename Simd<T>::vector{};
}

// Whether all lanes of what a comparison gave are true.
inline bool everywhere(Simd<float>::numbers lanes) {
    const auto halves = reinterpret_cast<Simd<double>::numbers>(lanes);
    std::int64_t all = -1;
    for (int i = 0; i < Simd<double>::lanes; ++i) all &= halves[i];
    return all == -1;
}

// Memory that begins at a cache line and is freed at the end of its scope; null where there is none.
template <typename T> class Room {
  public:
    explicit Room(std::size_t n) {
        kept_ = std::malloc(n * sizeof(T) + 64);
        auto at = reinterpret_cast<std::uintptr_t>(kept_);
        data_ = kept_ ? reinterpret_cast<T*>((at + 63) & ~std::uintptr_t{63}) : nullptr;
    }
    ~Room() { std::free(kept_); }
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    T* data() const { return data_; }

  private:
    void* kept_;
    T* data_;
};

constexpr int NO_MEMORY = -1;

}  // namespace
