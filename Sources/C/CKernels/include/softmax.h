#pragma once

/// Softmax of each row of x [rows, width]; `out` may be `x`.
void ck_softmax(float *out, const float *x, long rows, long width);
