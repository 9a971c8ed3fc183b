#pragma once

// 3 × 3 convolutions with stride 1 and one zero around the image as 36 products of matrices: Winograd's F(4 × 4, 3 × 3)
// (Lavin and Gray, arXiv:1509.09308), a quarter of the multiplications. Channels last, and a multiple of 16 of them.
//
// A tile is 4 × 4 pixels of the result; an image has ⌈height / 4⌉·⌈width / 4⌉, row by row. The interpolation points are
// 0, ±√½, ±√2 and ∞, which keep the error at a fifth of what the customary 0, ±1, ±2 and ∞ give.

enum { ck_winograd_products = 36 };

/// w[outputs][inputs][3][3] → u[36][outputs][inputs]
void ck_winograd_kernels(float *u, const float *w, long outputs, long inputs);

/// x[images][height][width][channels] → v[36][count][channels] for `count` tiles from `first` on, counted through all images.
void ck_winograd_tiles(float *v, const float *x, long height, long width, long channels, long first, long count);

/// m[36][count][channels] → the same tiles of y[images][height][width][channels], plus bias[channels] and residual (as y), each
/// of which may be NULL.
void ck_winograd_pixels(float *y, const float *m, long height, long width, long channels, long first, long count,
                        const float *bias, const float *residual);
