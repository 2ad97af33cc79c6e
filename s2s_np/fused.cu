// What a training step does number by number, each in one launch (book: gpu).
//
// Given when compiled: REAL (float, double) and THREADS, the threads of a block, a power of 2. Nothing here is added
// up in an order that depends on chance: the same input gives the same bits.

__device__ double* shared_memory() {
    extern __shared__ double bytes[];
    return bytes;
}

// Adam for one array of n numbers, in place (see optim.py):
//     m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g²,  p ← p − α m / (√v + ε)
extern "C" __global__ void adam(REAL* p, const REAL* g, REAL* m, REAL* v, long long n, REAL beta1, REAL rest1,
                                REAL beta2, REAL rest2, REAL alpha, REAL epsilon) {
    const long long stride = (long long)gridDim.x * THREADS;
    for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < n; i += stride) {
        m[i] = beta1 * m[i] + rest1 * g[i];
        v[i] = beta2 * v[i] + rest2 * (g[i] * g[i]);
        p[i] -= alpha * m[i] / (sqrt(v[i]) + epsilon);
    }
}

// Add up one number of each thread; thread 0 gets the sum.
__device__ double sum_of_block(double own) {
    double* sums = shared_memory();  // (THREADS,)
    sums[threadIdx.x] = own;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    return sums[0];
}

// partial[block] = Σ g² over the block's share of n numbers
extern "C" __global__ void square_sum(const REAL* g, long long n, double* partial) {
    const long long stride = (long long)gridDim.x * THREADS;
    double sum = 0;
    for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < n; i += stride) sum += double(g[i]) * g[i];
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// norm[0] = √Σ partial, norm[1] = what the gradients are multiplied with; one block
extern "C" __global__ void clip_factor(const double* partial, int n, double max_norm, double* norm) {
    double sum = 0;
    for (int i = threadIdx.x; i < n; i += THREADS) sum += partial[i];
    sum = sqrt(sum_of_block(sum));
    if (threadIdx.x == 0) {
        norm[0] = sum;
        norm[1] = max_norm < sum && isfinite(sum) ? max_norm / sum : 1.0;
    }
}

// g ← g · norm[1]
extern "C" __global__ void scale(REAL* g, long long n, const double* norm) {
    const REAL factor = REAL(norm[1]);
    if (factor == 1) return;
    const long long stride = (long long)gridDim.x * THREADS;
    for (long long i = (long long)blockIdx.x * THREADS + threadIdx.x; i < n; i += stride) g[i] *= factor;
}

// One word: from the scores of a row to its loss and gradient, in place; one block a row.
//     loss = scale · (log Σ_v exp s_v − s_y),   s_v ← scale · (p_v − [v = y]),   s = scores + bias
// The row is read twice and written once. A word y outside the vocabulary has loss NaN.
extern "C" __global__ void softmax_loss(REAL* scores, const REAL* bias, const long long* words, REAL scale, int V,
                                        REAL* losses) {
    REAL* s = scores + (size_t)blockIdx.x * V;
    const long long y = words[blockIdx.x];
    REAL* maxima = reinterpret_cast<REAL*>(shared_memory());  // (THREADS,) the largest score of each part of the row
    REAL* sums = maxima + THREADS;                            // (THREADS,) Σ exp(s_v − the part's largest)

    // A part may be empty: the least finite number, unlike −∞, has a difference to itself.
    REAL largest = sizeof(REAL) == sizeof(float) ? -3.402823466e38f : REAL(-1.7976931348623157e308), sum = 0;
    for (int v = threadIdx.x; v < V; v += THREADS) {
        const REAL score = s[v] += bias[v];
        if (score > largest) {
            sum = sum * exp(largest - score) + 1;
            largest = score;
        } else {
            sum += exp(score - largest);
        }
    }
    maxima[threadIdx.x] = largest, sums[threadIdx.x] = sum;
    for (int half = THREADS / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) {
            const REAL a = maxima[threadIdx.x], b = maxima[threadIdx.x + half], c = a > b ? a : b;
            sums[threadIdx.x] = sums[threadIdx.x] * exp(a - c) + sums[threadIdx.x + half] * exp(b - c);
            maxima[threadIdx.x] = c;
        }
    }
    __syncthreads();
    largest = maxima[0], sum = sums[0];
    if (threadIdx.x == 0)
        losses[blockIdx.x] = y >= 0 && y < V ? scale * (log(sum) + largest - s[y]) : REAL(nan(""));
    __syncthreads();  // s[y] is read
    for (int v = threadIdx.x; v < V; v += THREADS) s[v] = scale * (exp(s[v] - largest) / sum - (v == y));
}

// d_weight[word] = Σ d_vectors over the places of the word, in their order. One block a place; the first place of each
// word does its work.
//     sorted (n,) word ids in order, order (n,) where each stood
extern "C" __global__ void embedding_gradient(const long long* sorted, const long long* order, const REAL* d_vectors,
                                              int n, int E, int V, REAL* d_weight) {
    const int first = blockIdx.x;
    const long long word = sorted[first];
    if (word < 0 || word >= V || (first > 0 && sorted[first - 1] == word)) return;
    for (int e = threadIdx.x; e < E; e += THREADS) {
        REAL sum = 0;
        for (int i = first; i < n && sorted[i] == word; i++) sum += d_vectors[order[i] * E + e];
        d_weight[word * E + e] = sum;
    }
}
