// What CUDA C++ kernels need to be compiled and run as C++17 on a CPU: a block's threads are fibers
// of one thread, which run to where they wait for each other. Blocks come one after another.
//
// After every barrier the threads go on in the other order, so that a barrier that is missing shows.
// Shared memory begins as NaN and stands between guards. Threads that wait at different barriers, or
// end while others wait, warps whose lanes do not meet, misaligned addresses: the launch fails.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/mman.h>
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#define __global__
#define __device__
#define __host__
#define __restrict__ __restrict
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x = 1, y = 1, z = 1; };
struct float2 { float x, y; } __attribute__((aligned(8)));
struct float3 { float x, y, z; };
struct float4 { float x, y, z, w; } __attribute__((aligned(16)));
struct double2 { double x, y; } __attribute__((aligned(16)));
struct int2 { int x, y; } __attribute__((aligned(8)));
struct int4 { int x, y, z, w; } __attribute__((aligned(16)));
struct longlong2 { long long x, y; } __attribute__((aligned(16)));
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline double2 make_double2(double x, double y) { return {x, y}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }

inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;
constexpr int warpSize = 32;

namespace on_cpu {

inline char error[512];
inline bool failed() { return error[0] != 0; }
template <class... A> void fail(const char* format, A... a) {
    if (!failed()) std::snprintf(error, sizeof error, format, a...);
}

enum State { READY, AT_BARRIER, IN_WARP, DONE };
enum Kind { SYNC, SHUFFLE, BALLOT };
constexpr std::size_t STACK = 128 << 10, GUARD = 256;

struct Fiber {
#if defined(__x86_64__)
    void* stack_pointer;
#else
    ucontext_t context;
#endif
    State state;
    int site;
    Kind kind;
    unsigned mask;
    int source;
    std::uint64_t value, result;
    uint3 index;
};

inline std::vector<Fiber> fibers;
inline char* stacks = nullptr;
inline std::size_t n_stacks = 0;
inline unsigned current = 0;
inline void (*body)(void**) = nullptr;
inline void** arguments = nullptr;

#if defined(__x86_64__)
extern "C" void on_cpu_switch(void** from, void* to);
asm(R"(
.text
.local on_cpu_switch
.type on_cpu_switch, @function
on_cpu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
inline void* scheduler = nullptr;
inline void leave() { on_cpu_switch(&fibers[current].stack_pointer, scheduler); }
inline void enter() { on_cpu_switch(&scheduler, fibers[current].stack_pointer); }
#else
inline ucontext_t scheduler;
inline void leave() { swapcontext(&fibers[current].context, &scheduler); }
inline void enter() { swapcontext(&scheduler, &fibers[current].context); }
#endif

inline void begin() {
    body(arguments);
    fibers[current].state = DONE;
    leave();
    __builtin_trap();  // nothing enters a thread that ended
}

inline void prepare(unsigned t) {
    char* stack = stacks + t * STACK;
#if defined(__x86_64__)
    void** top = reinterpret_cast<void**>(stack + STACK);
    *--top = nullptr;  // where begin() would return to: it does not, and this aligns the stack
    *--top = reinterpret_cast<void*>(&begin);
    for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
    fibers[t].stack_pointer = top;
#else
    getcontext(&fibers[t].context);
    fibers[t].context.uc_stack.ss_sp = stack;
    fibers[t].context.uc_stack.ss_size = STACK;
    fibers[t].context.uc_link = nullptr;
    makecontext(&fibers[t].context, begin, 0);
#endif
    fibers[t].state = READY;
}

// ---- barriers

inline void barrier(int site) {
    fibers[current].state = AT_BARRIER;
    fibers[current].site = site;
    leave();
}

inline std::uint64_t meet(int site, Kind kind, unsigned mask, std::uint64_t value, int source) {
    Fiber& own = fibers[current];
    const unsigned first = current / 32 * 32;
    if (!(mask >> (current - first) & 1)) {
        fail("line %d: a lane calls for a mask that leaves it out", site);
        leave();
    }
    own.state = IN_WARP;
    own.site = site, own.kind = kind, own.mask = mask, own.source = source, own.value = value;
    bool all = true;
    for (unsigned lane = 0; lane < 32 && all; ++lane) {
        if (!(mask >> lane & 1)) continue;
        const unsigned t = first + lane;
        if (t >= fibers.size()) {
            fail("line %d: a mask names lanes that the block does not have", site);
            leave();
        }
        const Fiber& other = fibers[t];
        all = other.state == IN_WARP && other.site == site && other.mask == mask &&
              other.kind == kind;
    }
    if (!all) {
        leave();
        return own.result;
    }
    unsigned votes = 0;
    for (unsigned lane = 0; lane < 32; ++lane)
        if ((mask >> lane & 1) && kind == BALLOT && fibers[first + lane].value)
            votes |= 1U << lane;
    for (unsigned lane = 0; lane < 32; ++lane) {
        if (!(mask >> lane & 1)) continue;
        Fiber& other = fibers[first + lane];
        if (kind == SHUFFLE) {
            const int from = other.source & 31;
            if (!(mask >> from & 1)) fail("line %d: a shuffle reads a lane out of its mask", site);
            other.result = fibers[first + static_cast<unsigned>(from)].value;
        } else {
            other.result = votes;
        }
        other.state = READY;
    }
    return own.result;
}

template <class T> T shuffled(int site, unsigned mask, T value, int source) {
    static_assert(sizeof(T) <= 8 && std::is_arithmetic<T>::value);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    bits = meet(site, SHUFFLE, mask, bits, source);
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline int lane() { return static_cast<int>(current % 32); }
// A lane whose source lies outside of its part of the warp keeps its own value.
template <class T> T shfl(int site, unsigned mask, T v, int from, int width = 32) {
    return shuffled(site, mask, v, (lane() & ~(width - 1)) + (from & (width - 1)));
}
template <class T> T shfl_down(int site, unsigned mask, T v, unsigned by, int width = 32) {
    const int to = (lane() & (width - 1)) + static_cast<int>(by);
    return shuffled(site, mask, v, to < width ? lane() + static_cast<int>(by) : lane());
}
template <class T> T shfl_up(int site, unsigned mask, T v, unsigned by, int width = 32) {
    const int to = (lane() & (width - 1)) - static_cast<int>(by);
    return shuffled(site, mask, v, to >= 0 ? lane() - static_cast<int>(by) : lane());
}
template <class T> T shfl_xor(int site, unsigned mask, T v, int with, int width = 32) {
    const int to = (lane() & (width - 1)) ^ with;
    return shuffled(site, mask, v, to < width ? lane() ^ with : lane());
}
inline void sync_warp(int site, unsigned mask = 0xffffffffU) { meet(site, SYNC, mask, 0, 0); }
inline unsigned ballot(int site, unsigned mask, int vote) {
    return static_cast<unsigned>(meet(site, BALLOT, mask, vote != 0, 0));
}

// ---- shared memory

inline std::vector<unsigned char> dynamic_memory;
inline std::size_t dynamic_bytes = 0;
inline unsigned char* dynamic_begin() {  // 256-byte aligned, between guards
    auto at = reinterpret_cast<std::uintptr_t>(dynamic_memory.data()) + GUARD;
    return reinterpret_cast<unsigned char*>((at + 255) / 256 * 256);
}
inline void* dynamic_shared() { return dynamic_begin(); }

struct Held { unsigned char* at; std::size_t size; };
inline std::vector<Held> held;

template <class T> struct Static {
    alignas(16) unsigned char room[GUARD + sizeof(T) + GUARD];
    Static() {
        held.push_back({room + GUARD, sizeof(T)});
        std::memset(room, 0xA5, 2 * GUARD + sizeof(T));
        std::memset(room + GUARD, 0xFF, sizeof(T));
    }
    T& here() { return *reinterpret_cast<T*>(room + GUARD); }
};

inline bool whole(const unsigned char* guard) {
    for (std::size_t i = 0; i < GUARD; ++i)
        if (guard[i] != 0xA5) return false;
    return true;
}

inline void fill_shared() {
    unsigned char* at = dynamic_begin();
    std::memset(at - GUARD, 0xA5, GUARD);
    std::memset(at, 0xFF, dynamic_bytes);
    std::memset(at + dynamic_bytes, 0xA5, GUARD);
    for (const Held& h : held) {
        std::memset(h.at - GUARD, 0xA5, h.size + 2 * GUARD);
        std::memset(h.at, 0xFF, h.size);
    }
}

inline void check_shared() {
    unsigned char* at = dynamic_begin();
    bool fine = whole(at - GUARD) && whole(at + dynamic_bytes);
    for (const Held& h : held) fine = fine && whole(h.at - GUARD) && whole(h.at + h.size);
    if (!fine) fail("block (%u, %u): written beyond its shared memory", blockIdx.x, blockIdx.y);
}

// ---- launches

inline bool turned = false;

inline void resolve(std::size_t n) {
    std::size_t done = 0, waiting = 0;
    int site = -1, other = -1;
    for (const Fiber& f : fibers) {
        done += f.state == DONE;
        if (f.state == IN_WARP) {
            fail("line %d: lanes of a warp wait for others of their mask that do not come", f.site);
            return;
        }
        if (f.state != AT_BARRIER) continue;
        ++waiting;
        if (site < 0) site = f.site;
        if (f.site != site) other = f.site;
    }
    if (other >= 0) fail("threads of a block wait at barriers in lines %d and %d", site, other);
    if (done) fail("threads ended while others wait at the barrier in line %d", site);
    if (waiting != n) fail("threads of a block wait for nothing");
    for (Fiber& f : fibers) f.state = READY;
}

// A warp goes on until its threads wait for other warps, so that these are as far apart as may be.
inline bool run_warp(std::size_t warp, bool backwards) {
    const std::size_t first = warp * 32, stop = first + 32 < fibers.size() ? first + 32 : fibers.size();
    bool any = false, ran = true;
    while (ran && !failed()) {
        ran = false;
        for (std::size_t i = 0; i < stop - first && !failed(); ++i) {
            const std::size_t t = backwards ? stop - 1 - i : first + i;
            if (fibers[t].state != READY) continue;
            current = static_cast<unsigned>(t);
            threadIdx = fibers[t].index;
            enter();
            any = ran = true;
        }
    }
    return any;
}

inline void run_block() {
    const std::size_t n = fibers.size();
    for (unsigned t = 0; t < n; ++t) prepare(t);
    fill_shared();
    const std::size_t warps = (n + 31) / 32;
    bool backwards = turned;
    while (!failed()) {
        bool ran = false;
        for (std::size_t w = 0; w < warps && !failed(); ++w)
            ran |= run_warp(backwards ? warps - 1 - w : w, backwards);
        std::size_t done = 0;
        for (const Fiber& f : fibers) done += f.state == DONE;
        if (done == n) break;
        if (!ran) {
            resolve(n);
            backwards = !backwards;
        }
    }
    if (!failed()) check_shared();
}

inline const char* launch(void (*kernel)(void**), const unsigned* grid, const unsigned* block,
                          std::size_t shared, void** args, int order) {
    static std::mutex one;
    const std::lock_guard<std::mutex> guard(one);
    error[0] = 0;
    turned = order != 0;
    body = kernel, arguments = args;
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    const std::size_t n = std::size_t{block[0]} * block[1] * block[2];
    fibers.assign(n, Fiber{});
    for (unsigned t = 0; t < n; ++t)
        fibers[t].index = {t % block[0], t / block[0] % block[1], t / block[0] / block[1]};
    if (n_stacks < n) {
        if (stacks) munmap(stacks, n_stacks * STACK);
        n_stacks = n;
        stacks = static_cast<char*>(mmap(nullptr, n * STACK, PROT_READ | PROT_WRITE,
                                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    }
    dynamic_bytes = shared;
    dynamic_memory.assign(shared + 2 * GUARD + 512, 0);
    const std::size_t blocks = std::size_t{grid[0]} * grid[1] * grid[2];
    for (std::size_t i = 0; i < blocks && !failed(); ++i) {
        const std::size_t b = turned ? blocks - 1 - i : i;
        blockIdx = {static_cast<unsigned>(b % grid[0]), static_cast<unsigned>(b / grid[0] % grid[1]),
                    static_cast<unsigned>(b / grid[0] / grid[1])};
        run_block();
    }
    return failed() ? error : nullptr;
}

template <class... A, std::size_t... I>
void called(void (*kernel)(A...), void** args, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_cv_t<A>*>(args[I])...);
}
template <class... A> void call(void (*kernel)(A...), void** args) {
    called(kernel, args, std::index_sequence_for<A...>{});
}
template <auto Kernel> void body_of(void** args) { call(Kernel, args); }

// What a parameter takes: "i8", "f4", and of pointers "pf4"; "v" of what is no number.
template <class T> void describe(std::string& to) {
    using Bare = std::remove_cv_t<T>;
    if constexpr (std::is_pointer_v<Bare>) {
        to += 'p';
        describe<std::remove_pointer_t<Bare>>(to);
        return;
    }
    else if constexpr (std::is_same_v<Bare, bool>) to += 'b';
    else if constexpr (std::is_floating_point_v<Bare>) to += 'f';
    else if constexpr (std::is_integral_v<Bare>) to += std::is_signed_v<Bare> ? 'i' : 'u';
    else to += 'v';
    if constexpr (!std::is_void_v<Bare>) to += std::to_string(sizeof(Bare));
    to += ' ';
}
template <class... A> std::string signature(void (*)(A...)) {
    std::string to;
    (describe<A>(to), ...);
    return to;
}

}  // namespace on_cpu

#define __syncthreads() on_cpu::barrier(__LINE__)
#define __syncwarp(...) on_cpu::sync_warp(__LINE__, ##__VA_ARGS__)
#define __shfl_sync(...) on_cpu::shfl(__LINE__, __VA_ARGS__)
#define __shfl_down_sync(...) on_cpu::shfl_down(__LINE__, __VA_ARGS__)
#define __shfl_up_sync(...) on_cpu::shfl_up(__LINE__, __VA_ARGS__)
#define __shfl_xor_sync(...) on_cpu::shfl_xor(__LINE__, __VA_ARGS__)
#define __ballot_sync(...) on_cpu::ballot(__LINE__, __VA_ARGS__)

template <class T> T __ldg(const T* at) { return *at; }
// Of integers alone: sums of floating-point numbers by atomics have no fixed order.
template <class T> T atomicAdd(T* at, T by) {
    static_assert(std::is_integral<T>::value, "floating-point atomics have no fixed order");
    const T was = *at;
    *at = was + by;
    return was;
}
template <class T> T atomicMax(T* at, T by) { const T w = *at; if (by > w) *at = by; return w; }
template <class T> T atomicMin(T* at, T by) { const T w = *at; if (by < w) *at = by; return w; }
inline void __threadfence() {}

inline float __fmaf_rn(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return __builtin_fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fsqrt_rn(float a) { return __builtin_sqrtf(a); }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __dsqrt_rn(double a) { return __builtin_sqrt(a); }
inline float __double2float_rn(double a) { return static_cast<float>(a); }
inline int __popc(unsigned a) { return __builtin_popcount(a); }
inline int __ffs(int a) { return __builtin_ffs(a); }
inline int __clz(int a) { return a ? __builtin_clz(static_cast<unsigned>(a)) : 32; }
template <class To, class From> To as_bits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}
inline float __int_as_float(int a) { return as_bits<float>(a); }
inline int __float_as_int(float a) { return as_bits<int>(a); }
inline float __uint_as_float(unsigned a) { return as_bits<float>(a); }
inline unsigned __float_as_uint(float a) { return as_bits<unsigned>(a); }
inline double __longlong_as_double(long long a) { return as_bits<double>(a); }
inline long long __double_as_longlong(double a) { return as_bits<long long>(a); }
template <class T> constexpr T min(T a, T b) { return b < a ? b : a; }
template <class T> constexpr T max(T a, T b) { return a < b ? b : a; }
using std::isfinite;
using std::isinf;
using std::isnan;

// -fsanitize=alignment calls this instead of its own library.
struct Misaligned { struct { const char* file; unsigned line, column; } where; };
extern "C" __attribute__((visibility("hidden"), used)) void __ubsan_handle_type_mismatch_v1(
    Misaligned* what, std::uintptr_t) {
    on_cpu::fail("line %u: an address is not aligned to what is read or written there",
                 what->where.line);
    on_cpu::leave();  // for good: the processor would not take it
}
