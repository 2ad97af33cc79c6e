// As much of CUDA C++ as the package's kernels use, on the CPU (tests/fake_cupy.py compiles them against this).
//
// Every thread of a block is a fiber, and with a cooperative launch every thread of the grid: it runs until it must
// wait, and then another goes on. In which order they do is the test's choice, so that a missing barrier shows as a
// different result. Waiting that cannot end, and writing past the shared memory, are reported.
#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <vector>

using std::exp;
using std::isfinite;
using std::log;
using std::min;
using std::nan;
using std::size_t;
using std::sqrt;
using std::tanh;

#define __device__
#define __global__
#define __launch_bounds__(...)
#define __forceinline__ inline

struct dim3 {
    int x, y, z;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(16) double2 {
    double x, y;
};

static dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulation {

constexpr size_t STACK = 32 * 1024, GUARD = 256;
constexpr unsigned char UNWRITTEN = 0xFF;  // as float and double: NaN

struct Barrier {
    int members, arrived = 0;
    unsigned round = 0;
    unsigned exchange[32][6];  // what the threads of a warp show one another
};

struct Block {
    dim3 index;
    std::unique_ptr<unsigned char[]> shared;  // 16-byte aligned, as new[] of bytes is
    Barrier all;
    std::vector<Barrier> warps;
};

struct Fiber {
    ucontext_t context;
    std::unique_ptr<unsigned char[]> stack;
    dim3 thread;
    Block* block;
    const unsigned* watched = nullptr;  // the round of a barrier that the fiber waits to see end
    unsigned seen = 0;
    bool done = false, polling = false;
};

static ucontext_t scheduler;
static Fiber* current;
static std::function<void()> kernel;

static void enter() {
    kernel();
    current->done = true;
    swapcontext(&current->context, &scheduler);
}

static void wait(Barrier& barrier) {
    if (++barrier.arrived == barrier.members) {
        barrier.arrived = 0;
        barrier.round++;
        return;
    }
    current->watched = &barrier.round;
    current->seen = barrier.round;
    swapcontext(&current->context, &scheduler);
}

static unsigned char* shared_memory() { return current->block->shared.get(); }

// Run blocks side by side; 0, or 1 where all wait for ever.
static int run(std::vector<Block>& blocks, std::vector<Fiber>& fibers, int order) {
    std::vector<size_t> turns(fibers.size());
    for (size_t i = 0; i < turns.size(); i++) turns[i] = order == 1 ? turns.size() - 1 - i : i;
    std::mt19937 random(order);
    for (;;) {
        if (order > 1) std::shuffle(turns.begin(), turns.end(), random);
        bool finished = true, moved = false;
        for (size_t turn : turns) {
            Fiber& fiber = fibers[turn];
            if (fiber.done) continue;
            finished = false;
            if (fiber.watched && *fiber.watched == fiber.seen) continue;
            fiber.watched = nullptr;
            fiber.polling = false;
            current = &fiber;
            threadIdx = fiber.thread;
            blockIdx = fiber.block->index;
            swapcontext(&scheduler, &fiber.context);
            moved = moved || !fiber.polling;
        }
        if (finished) return 0;
        if (!moved) return 1;
    }
}

static int launch(const int* grid, const int* block, size_t shared, bool cooperative, int order) {
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    const int threads = block[0] * block[1] * block[2];
    const int all = grid[0] * grid[1] * grid[2], together = cooperative ? all : 1;
    for (int first = 0; first < all; first += together) {
        std::vector<Block> blocks(together);
        std::vector<Fiber> fibers(size_t(together) * threads);
        for (int b = 0; b < together; b++) {
            const int i = first + b;
            blocks[b].index = {i % grid[0], i / grid[0] % grid[1], i / grid[0] / grid[1]};
            blocks[b].shared.reset(new unsigned char[shared + GUARD]);
            std::memset(blocks[b].shared.get(), UNWRITTEN, shared + GUARD);
            blocks[b].all.members = threads;
            blocks[b].warps.resize((threads + 31) / 32);
            for (auto& warp : blocks[b].warps) warp.members = std::min(threads, 32);
            for (int t = 0; t < threads; t++) {
                Fiber& fiber = fibers[size_t(b) * threads + t];
                fiber.stack.reset(new unsigned char[STACK]);
                fiber.thread = {t % block[0], t / block[0] % block[1], t / block[0] / block[1]};
                fiber.block = &blocks[b];
                getcontext(&fiber.context);
                fiber.context.uc_stack.ss_sp = fiber.stack.get();
                fiber.context.uc_stack.ss_size = STACK;
                fiber.context.uc_link = nullptr;
                makecontext(&fiber.context, enter, 0);
            }
        }
        if (run(blocks, fibers, order)) return 1;
        for (auto& b : blocks)
            for (size_t i = 0; i < GUARD; i++)
                if (b.shared[shared + i] != UNWRITTEN) return 2;
    }
    return 0;
}

}  // namespace emulation

static void __syncthreads() { emulation::wait(emulation::current->block->all); }

static void __syncwarp() { emulation::wait(emulation::current->block->warps[threadIdx.x / 32]); }

static void __threadfence() {}

static void __nanosleep(unsigned) {
    emulation::current->polling = true;
    swapcontext(&emulation::current->context, &emulation::scheduler);
}

static unsigned atomicAdd(unsigned* place, unsigned more) {
    const unsigned before = *place;
    *place += more;
    return before;
}

template <class T>
static T __ldcg(const T* from) {
    return *from;
}

template <class T>
static T __ldcv(const T* from) {
    return *from;
}

// The factors of tensor cores: rounded to 10 bits of mantissa, halves away from zero.
static unsigned to_tf32(float x) {
    unsigned bits;
    std::memcpy(&bits, &x, sizeof bits);
    return (bits + 0x1000) & ~0x1FFFu;
}

static float as_float(unsigned bits) {
    float x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

// mma.m16n8k8 as the PTX manual lays its matrices out over the threads of a warp.
static void multiply_16x8x8(float* c, const unsigned* a, const unsigned* b) {
    emulation::Barrier& warp = emulation::current->block->warps[threadIdx.x / 32];
    const int lane = threadIdx.x % 32;
    std::memcpy(warp.exchange[lane], a, 4 * sizeof *a);
    std::memcpy(warp.exchange[lane] + 4, b, 2 * sizeof *b);
    emulation::wait(warp);
    for (int i = 0; i < 4; i++) {
        const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
        for (int k = 0; k < 8; k++) {
            const unsigned x = warp.exchange[row % 8 * 4 + k % 4][row / 8 + 2 * (k / 4)];
            const unsigned y = warp.exchange[column * 4 + k % 4][4 + k / 4];
            c[i] += as_float(x) * as_float(y);
        }
    }
    emulation::wait(warp);
}
