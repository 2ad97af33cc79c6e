// The time loop of a recurrent layer in one launch, forward and backward (book: gpu).
//
// Every step multiplies a state of B sequences with the same matrix W_hh, and no step can begin before the one before
// it has ended. So the matrix stays where the arithmetic is: each block keeps its part of W_hh in shared memory for
// all steps, and only states travel.
//
//     forward    u_t = W_hh h_{t−1} + b_hh            then gates and h_t, number by number (struct Gru, say)
//     backward   d_u_t from d_h_t, number by number   then d_h_{t−1} = (what h_t kept) + d_u_t W_hh
//
// Shapes: B sequences, H units, G gates (blocks of H rows in a weight), N packed rows. Row `start[t] + b` belongs to
// sequence b at step t, for b < size[t]: a step works on the first size[t] sequences (see padding.py).
//
// Who does what. The grid is (parts of the units) × (groups of sequences). Block (p, g) computes `units` units, with
// all their gates, of the sequences g, g + groups, g + 2·groups, …; so it needs G·units rows of W_hh forward, and
// `units` columns backward. Sequences of different groups never meet: only the blocks of one group wait for each
// other, once a step.
//
// Given when compiled: REAL (float, double), CELL (Rnn, Gru, Lstm), WARPS (warps in a block, 1, 2, 4 or 8), TF32 (1 for
// products on tensor cores, of compute capability 8.0 or later, with REAL float).

constexpr int THREADS = 32 * WARPS;
constexpr int SEQUENCES = 32;  // of a tile, which is what a block computes at once
constexpr int UNITS = 8;       // of a tile, or twice as many
constexpr int DEPTH = 16;      // how much of the sum over k a warp has at hand
constexpr int PITCH = DEPTH + 4;  // numbers from row to row: 4 more, so that 8 rows lie in different banks

// The cells. A cell sees one unit of one sequence:
//     a[gate]    in: W_i x + b_i, out: the gate
//     u[gate]    W_h h + b_h
//     kept       what else the backward pass needs
// and backward d_u[gate] = ∂loss/∂u. It returns h', and backward what reaches h past the product.

__device__ REAL sigmoid(REAL a) { return 1 / (1 + exp(-a)); }

struct Rnn {  // h' = tanh(a + u)
    static constexpr int GATES = 1;
    static constexpr bool MEMORY = false;  // is there a state c beside h?

    static __device__ REAL forward(REAL* a, const REAL* u, REAL, REAL&, REAL&) { return a[0] = tanh(a[0] + u[0]); }

    static __device__ REAL backward(const REAL* gate, REAL, REAL, REAL, REAL d_h, REAL&, REAL* d_u, REAL&) {
        d_u[0] = d_h * (1 - gate[0] * gate[0]);
        return 0;
    }
};

struct Gru {  // r, z = σ(a + u);  n = tanh(a_n + r u_n);  h' = (1 − z) n + z h
    static constexpr int GATES = 3;
    static constexpr bool MEMORY = false;

    static __device__ REAL forward(REAL* a, const REAL* u, REAL h, REAL&, REAL& kept) {
        const REAL r = sigmoid(a[0] + u[0]), z = sigmoid(a[1] + u[1]), n = tanh(a[2] + r * u[2]);
        a[0] = r, a[1] = z, a[2] = n;
        kept = u[2];
        return n + z * (h - n);
    }

    // d_n is what reaches a_n; u_n is reached through r
    static __device__ REAL backward(const REAL* gate, REAL kept, REAL h, REAL, REAL d_h, REAL&, REAL* d_u, REAL& d_n) {
        const REAL r = gate[0], z = gate[1], n = gate[2];
        d_n = d_h * (1 - z) * (1 - n * n);
        d_u[0] = d_n * kept * r * (1 - r);
        d_u[1] = d_h * (h - n) * z * (1 - z);
        d_u[2] = d_n * r;
        return d_h * z;
    }
};

struct Lstm {  // i, f, o = σ(a + u);  g = tanh(a_g + u_g);  c' = f c + i g;  h' = o tanh(c')
    static constexpr int GATES = 4;
    static constexpr bool MEMORY = true;

    static __device__ REAL forward(REAL* a, const REAL* u, REAL, REAL& c, REAL& kept) {
        const REAL i = sigmoid(a[0] + u[0]), f = sigmoid(a[1] + u[1]);
        const REAL g = tanh(a[2] + u[2]), o = sigmoid(a[3] + u[3]);
        a[0] = i, a[1] = f, a[2] = g, a[3] = o;
        c = f * c + i * g;
        kept = tanh(c);
        return o * kept;
    }

    static __device__ REAL backward(const REAL* gate, REAL kept, REAL, REAL c, REAL d_h, REAL& d_c, REAL* d_u, REAL&) {
        const REAL i = gate[0], f = gate[1], g = gate[2], o = gate[3];
        d_c += d_h * o * (1 - kept * kept);
        d_u[0] = d_c * g * i * (1 - i);
        d_u[1] = d_c * c * f * (1 - f);
        d_u[2] = d_c * i * (1 - g * g);
        d_u[3] = d_h * kept * o * (1 - o);
        d_c *= f;
        return 0;
    }
};

constexpr int GATES = CELL::GATES;

// Four numbers at once, the widest load there is.
struct alignas(16) Four {
    REAL x, y, z, w;
};

__device__ REAL dot(const Four& a, const Four& b) { return a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }

// Numbers that other blocks wrote in this launch come from the cache that all blocks share (L2): a block's own first
// cache (L1) does not hear of their writes.
__device__ Four load_shared_by_blocks(const float* from) {
    const float4 v = __ldcg(reinterpret_cast<const float4*>(from));
    return {v.x, v.y, v.z, v.w};
}

__device__ Four load_shared_by_blocks(const double* from) {
    const double2 v = __ldcg(reinterpret_cast<const double2*>(from));
    const double2 w = __ldcg(reinterpret_cast<const double2*>(from) + 1);
    return {REAL(v.x), REAL(v.y), REAL(w.x), REAL(w.y)};
}

__device__ REAL* shared_memory() {
    extern __shared__ float4 bytes[];
    return reinterpret_cast<REAL*>(bytes);
}

// Wait until all blocks of the group have come here for the nth time. The launch is cooperative: all blocks of the grid
// are on the card together, so waiting for one another ends. Writes before the barrier are seen after it.
__device__ void wait_for_group(unsigned int* counter, unsigned int nth) {
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        atomicAdd(counter, 1u);
        while (__ldcv(counter) < nth * gridDim.x) __nanosleep(20);
        __threadfence();
    }
    __syncthreads();
}

// The rows of a tile: the sequences first, first + stride, … of the group, as far as the step has them.
struct Tile {
    int first, stride, end;
    __device__ int row(int m) const { return first + stride * m; }
    __device__ bool has(int m) const { return row(m) < end; }
};

// The units of the layer that a block owns: first, first + 1, … before end.
struct Units {
    int first, end;
    __device__ Units(int units, int H) : first(blockIdx.x * units), end(min(first + units, H)) {}
};

// What a warp needs of shared memory: its piece of the states, and later its sums over k, in the same place.
template <int OUT, int WIDTH>
__device__ constexpr int area() {
    return SEQUENCES * PITCH > OUT * SEQUENCES * WIDTH ? SEQUENCES * PITCH : OUT * SEQUENCES * WIDTH;
}

// A warp's sums over the pieces of k that it has seen, for a tile of 32 sequences and WIDTH units, in registers:
//
//     add     sum[out][m][u] += Σ_q states[m][q] · weights[out][u][q],   q < DEPTH
//     store   to shared memory as [out][m][u]
//
//     states: (32, DEPTH), PITCH from row to row
//     weights: OUT blocks of `units` rows, `pitch` from row to row; the tile begins at row `part`, and where it reaches
//         beyond the last row its sums mean nothing
//
// Number by number: a thread has 4 sequences × WIDTH / 4 units, so that it uses what it has read several times.
template <int OUT, int WIDTH>
struct Sums {
    REAL sum[OUT][WIDTH / 4][4] = {};

    __device__ void add(const REAL* states, const REAL* weights, int units, int part, int pitch) {
        const int m = threadIdx.x % 32 / 4, u = threadIdx.x % 4;
#pragma unroll
        for (int q = 0; q < DEPTH; q += 4) {
            Four state[4];
#pragma unroll
            for (int i = 0; i < 4; i++) state[i] = *reinterpret_cast<const Four*>(states + (m + 8 * i) * PITCH + q);
#pragma unroll
            for (int out = 0; out < OUT; out++)
#pragma unroll
                for (int j = 0; j < WIDTH / 4; j++) {
                    const int row = out * units + min(part + u + 4 * j, units - 1);
                    const Four weight = *reinterpret_cast<const Four*>(weights + row * pitch + q);
#pragma unroll
                    for (int i = 0; i < 4; i++) sum[out][j][i] += dot(state[i], weight);
                }
        }
    }

    __device__ void store(REAL* own) const {
        const int m = threadIdx.x % 32 / 4, u = threadIdx.x % 4;
#pragma unroll
        for (int out = 0; out < OUT; out++)
#pragma unroll
            for (int j = 0; j < WIDTH / 4; j++)
#pragma unroll
                for (int i = 0; i < 4; i++) own[(out * SEQUENCES + m + 8 * i) * WIDTH + u + 4 * j] = sum[out][j][i];
    }
};

#if TF32
#ifdef __CUDACC__
// The nearest number with 10 bits of mantissa, which is all that a tensor core takes of a factor.
__device__ unsigned int to_tf32(float x) {
    unsigned int bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
}

// c (16, 8) += a (16, 8) b (8, 8), a warp together. With g = lane / 4 and t = lane % 4 a thread holds
//     a[g][t], a[g + 8][t], a[g][t + 4], a[g + 8][t + 4];   b[t][g], b[t + 4][g];   c[g][2t], c[g][2t + 1], and of row g + 8
__device__ void multiply_16x8x8(float* c, const unsigned int* a, const unsigned int* b) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#endif

// The same on tensor cores, with factors in TF32 and sums in float32.
template <int OUT, int WIDTH>
struct TensorSums {
    REAL sum[OUT][WIDTH / 8][2][4] = {};  // the tile in pieces of 16 × 8

    __device__ void add(const REAL* states, const REAL* weights, int units, int part, int pitch) {
        const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
        for (int q = 0; q < DEPTH; q += 8) {
            unsigned int a[2][4], b[2];
#pragma unroll
            for (int i = 0; i < 8; i++)
                a[i / 4][i % 4] = to_tf32(states[(g + 8 * (i % 2) + 16 * (i / 4)) * PITCH + q + t + 4 * (i % 4 / 2)]);
#pragma unroll
            for (int out = 0; out < OUT; out++)
#pragma unroll
                for (int j = 0; j < WIDTH / 8; j++) {
                    const REAL* row = weights + (out * units + min(part + g + 8 * j, units - 1)) * pitch + q;
                    b[0] = to_tf32(row[t]), b[1] = to_tf32(row[t + 4]);
                    multiply_16x8x8(sum[out][j][0], a[0], b);
                    multiply_16x8x8(sum[out][j][1], a[1], b);
                }
        }
    }

    __device__ void store(REAL* own) const {
        const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
        for (int out = 0; out < OUT; out++)
#pragma unroll
            for (int j = 0; j < WIDTH / 8; j++)
#pragma unroll
                for (int i = 0; i < 8; i++) {
                    const int m = g + 8 * (i % 4 / 2) + 16 * (i / 4), u = 8 * j + 2 * t + i % 2;
                    own[(out * SEQUENCES + m) * WIDTH + u] = sum[out][j][i / 4][i % 4];
                }
    }
};
#endif

// For the 32 sequences m and WIDTH units u of a tile, every warp a part of k (`total` adds the parts up),
//
//     sums[out][m][u] = Σ_k states[row(m)][k] · weights[out][u][k]
//
//     states: (N, width) in global memory, width a multiple of 4
//     weights: OUT blocks of `units` rows in shared memory, zero beyond the last k; see `Sums`
//     work: area<OUT, WIDTH>() numbers a warp in shared memory
//
// While a warp multiplies one piece of the states, the next is on its way from L2 into `coming`.
template <int OUT, int WIDTH>
__device__ void multiply(const Tile tile, const REAL* states, int width, const REAL* weights, int units, int part,
                         int pitch, REAL* work) {
    const int warp = threadIdx.x / 32, m = threadIdx.x % 32 / 4, u = threadIdx.x % 4;
    REAL* own = work + warp * area<OUT, WIDTH>();
#if TF32
    TensorSums<OUT, WIDTH> sums;
#else
    Sums<OUT, WIDTH> sums;
#endif
    Four coming[4];  // lanes 0 … 3 hold one row's 16 numbers, and so on: full sectors of memory

    auto fetch = [&](int k) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            const int row = m + 8 * i, column = k + 4 * u;
            coming[i] = tile.has(row) && column < width
                            ? load_shared_by_blocks(states + size_t(tile.row(row)) * width + column)
                            : Four{0, 0, 0, 0};
        }
    };

    int k = warp * DEPTH;
    if (k < width) fetch(k);
    for (; k < width; k += WARPS * DEPTH) {
#pragma unroll
        for (int i = 0; i < 4; i++) *reinterpret_cast<Four*>(own + (m + 8 * i) * PITCH + 4 * u) = coming[i];
        __syncwarp();
        if (k + WARPS * DEPTH < width) fetch(k + WARPS * DEPTH);
        sums.add(own, weights + k, units, part, pitch);
        __syncwarp();
    }
    sums.store(own);
}

// Add up the warps' sums for one pair of the tile, in a fixed order: the same input gives the same bits.
template <int OUT, int WIDTH>
__device__ REAL total(const REAL* work, int out, int pair) {
    REAL sum = 0;
#pragma unroll
    for (int warp = 0; warp < WARPS; warp++) sum += work[warp * area<OUT, WIDTH>() + out * SEQUENCES * WIDTH + pair];
    return sum;
}

// All steps of a layer in one direction.
//
//     gates   (N, G·H)   in: W_ih x, out: the gates
//     h_prev  (N, width) out: the state that each row began with, zero beyond H
//     output  (N, H)     out: h_t
//     h, c    (B, H)     in: the state before a sequence's first step, out: after its last; c for an LSTM
//     c_prev, kept (N, H) out: for `backward`
//     steps   (2, T)     starts, then sizes, in the order in which to take the steps
//     arrived (groups)   zero
extern "C" __global__ void __launch_bounds__(THREADS, 1)
forward(REAL* gates, const REAL* w_hh, const REAL* b_ih, const REAL* b_hh, REAL* h, REAL* c, REAL* h_prev,
        REAL* c_prev, REAL* kept, REAL* output, const int* steps, unsigned int* arrived, int T, int H, int width,
        int units, int pitch) {
    constexpr int PAIRS = SEQUENCES * UNITS / THREADS;  // (sequence, unit) pairs of a tile that one thread finishes
    const int group = blockIdx.y, groups = gridDim.y;
    const Units own(units, H);
    const int *start = steps, *size = steps + T;
    REAL* weights = shared_memory();  // (G·units, pitch)
    REAL* work = weights + GATES * units * pitch;

    for (int i = threadIdx.x; i < GATES * units * pitch; i += THREADS) {
        const int gate = i / (units * pitch), unit = own.first + i / pitch % units, k = i % pitch;
        weights[i] = unit < own.end && k < H ? w_hh[size_t(gate * H + unit) * H + k] : REAL(0);
    }
    // Each sequence's first row begins with the state given: where sequences join is where the size grows.
    for (int t = 0; t < T; t++) {
        const int before = t == 0 ? 0 : size[t - 1];
        for (int i = threadIdx.x; i < (size[t] - before) * units; i += THREADS) {
            const int b = before + i / units, unit = own.first + i % units;
            if (b % groups == group && unit < own.end)
                h_prev[size_t(start[t] + b) * width + unit] = h[size_t(b) * H + unit];
        }
    }
    wait_for_group(arrived + group, 1);

    for (int t = 0; t < T; t++) {
        const int end = start[t] + size[t];
        for (int first = group; first < size[t]; first += groups * SEQUENCES) {
            const Tile tile = {start[t] + first, groups, end};
            for (int part = 0; part < units; part += UNITS) {
                REAL a[PAIRS][GATES];  // read before the product, needed after it
#pragma unroll
                for (int i = 0; i < PAIRS; i++) {
                    const int pair = threadIdx.x + i * THREADS, unit = own.first + part + pair % UNITS;
                    if (!tile.has(pair / UNITS) || unit >= own.end) continue;
#pragma unroll
                    for (int gate = 0; gate < GATES; gate++)
                        a[i][gate] = gates[(size_t(tile.row(pair / UNITS)) * GATES + gate) * H + unit];
                }
                multiply<GATES, UNITS>(tile, h_prev, width, weights, units, part, pitch, work);
                __syncthreads();
#pragma unroll
                for (int i = 0; i < PAIRS; i++) {
                    const int pair = threadIdx.x + i * THREADS, unit = own.first + part + pair % UNITS;
                    if (!tile.has(pair / UNITS) || unit >= own.end) continue;
                    const int row = tile.row(pair / UNITS), b = row - start[t];
                    const size_t here = size_t(row) * H + unit, state = size_t(b) * H + unit;
                    REAL u[GATES], memory = 0, keep = 0;
#pragma unroll
                    for (int gate = 0; gate < GATES; gate++) {
                        a[i][gate] += b_ih[gate * H + unit];
                        u[gate] = total<GATES, UNITS>(work, gate, pair) + b_hh[gate * H + unit];
                    }
                    if (CELL::MEMORY) c_prev[here] = memory = c[state];
                    const REAL h_next =
                        CELL::forward(a[i], u, h_prev[size_t(row) * width + unit], memory, keep);
#pragma unroll
                    for (int gate = 0; gate < GATES; gate++)
                        gates[(size_t(row) * GATES + gate) * H + unit] = a[i][gate];
                    if (CELL::MEMORY) c[state] = memory;
                    if (kept) kept[here] = keep;
                    output[here] = h_next;
                    if (t + 1 < T && b < size[t + 1])  // the sequence goes on
                        h_prev[size_t(start[t + 1] + b) * width + unit] = h_next;
                    else
                        h[state] = h_next;
                }
                __syncthreads();  // before the next product writes to `work`
            }
        }
        if (t + 1 < T) wait_for_group(arrived + group, t + 2);
    }
}

// The gradients of all steps, the last first.
//
//     gates, h_prev, c_prev, kept, steps: as `forward` left them
//     d_output (N, H)     ∂loss/∂output
//     d_h, d_c (B, H)     in: of the state after a sequence's last step, out: before its first
//     d_u      (N, width) out: of W_hh h + b_hh, zero beyond G·H
//     d_n      (N, H)     out: of a GRU's a_n, which differs from that of u_n
//
// A unit has one sum here, not one for each gate, so a tile of 16 units is better where a block has as many.
template <int WIDTH>
__device__ __forceinline__ void backward_in_tiles(const REAL* gates, const REAL* w_hh, const REAL* h_prev, const REAL* c_prev,
                                  const REAL* kept, const REAL* d_output, REAL* d_h, REAL* d_c, REAL* d_u, REAL* d_n,
                                  const int* steps, unsigned int* arrived, int T, int H, int h_width, int width,
                                  int units, int pitch) {
    const int group = blockIdx.y, groups = gridDim.y;
    const Units own(units, H);
    const int *start = steps, *size = steps + T;
    REAL* weights = shared_memory();  // (units, pitch): columns of W_hh
    REAL* work = weights + units * pitch;

    for (int i = threadIdx.x; i < units * pitch; i += THREADS) {
        const int unit = own.first + i % units, k = i / units;  // neighbours in memory go to neighbours
        weights[i % units * pitch + k] = unit < own.end && k < GATES * H ? w_hh[size_t(k) * H + unit] : REAL(0);
    }

    for (int t = T - 1; t >= 0; t--) {
        const int end = start[t] + size[t];
        for (int first = group; first < size[t]; first += groups * SEQUENCES) {
            const Tile tile = {start[t] + first, groups, end};
            for (int i = threadIdx.x; i < SEQUENCES * WIDTH * ((units + WIDTH - 1) / WIDTH); i += THREADS) {
                // The pairs in the order of the product's tiles: the thread that left d_h comes back for it.
                const int pair = i % (SEQUENCES * WIDTH);
                const int unit = own.first + i / (SEQUENCES * WIDTH) * WIDTH + pair % WIDTH;
                if (!tile.has(pair / WIDTH) || unit >= own.end) continue;
                const int row = tile.row(pair / WIDTH);
                const size_t here = size_t(row) * H + unit, state = size_t(row - start[t]) * H + unit;
                REAL gate[GATES], d_gate[GATES], d_memory = 0, d_proposed = 0;
#pragma unroll
                for (int g = 0; g < GATES; g++) gate[g] = gates[(size_t(row) * GATES + g) * H + unit];
                if (CELL::MEMORY) d_memory = d_c[state];
                d_h[state] = CELL::backward(gate, kept ? kept[here] : REAL(0), h_prev[size_t(row) * h_width + unit],
                                            CELL::MEMORY ? c_prev[here] : REAL(0), d_h[state] + d_output[here],
                                            d_memory, d_gate, d_proposed);
                if (CELL::MEMORY) d_c[state] = d_memory;
                if (d_n) d_n[here] = d_proposed;
#pragma unroll
                for (int g = 0; g < GATES; g++) d_u[size_t(row) * width + g * H + unit] = d_gate[g];
            }
        }
        wait_for_group(arrived + group, T - t);
        for (int first = group; first < size[t]; first += groups * SEQUENCES) {
            const Tile tile = {start[t] + first, groups, end};
            for (int part = 0; part < units; part += WIDTH) {
                multiply<1, WIDTH>(tile, d_u, width, weights, units, part, pitch, work);
                __syncthreads();
                for (int pair = threadIdx.x; pair < SEQUENCES * WIDTH; pair += THREADS) {
                    const int unit = own.first + part + pair % WIDTH;
                    if (!tile.has(pair / WIDTH) || unit >= own.end) continue;
                    d_h[size_t(tile.row(pair / WIDTH) - start[t]) * H + unit] += total<1, WIDTH>(work, 0, pair);
                }
                __syncthreads();
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, 1)
backward(const REAL* gates, const REAL* w_hh, const REAL* h_prev, const REAL* c_prev, const REAL* kept,
         const REAL* d_output, REAL* d_h, REAL* d_c, REAL* d_u, REAL* d_n, const int* steps, unsigned int* arrived,
         int T, int H, int h_width, int width, int units, int pitch) {
    if (units > UNITS)
        backward_in_tiles<2 * UNITS>(gates, w_hh, h_prev, c_prev, kept, d_output, d_h, d_c, d_u, d_n, steps, arrived, T,
                                     H, h_width, width, units, pitch);
    else
        backward_in_tiles<UNITS>(gates, w_hh, h_prev, c_prev, kept, d_output, d_h, d_c, d_u, d_n, steps, arrived, T, H,
                                 h_width, width, units, pitch);
}
