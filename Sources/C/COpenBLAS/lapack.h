#pragma once
// The LAPACK routines inside OpenBLAS that Lunette uses, by their Fortran names: all arguments are pointers, matrices
// column-major, complex numbers two doubles each, and the lengths of the strings come last.
#include <stddef.h>

void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
             const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info,
             size_t jobz_length);
void dgeqrf_(const int *m, const int *n, double *a, const int *lda, double *tau, double *work, const int *lwork,
             int *info);
void dorgqr_(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau, double *work,
             const int *lwork, int *info);
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w, double *work,
             const int *lwork, int *iwork, const int *liwork, int *info, size_t jobz_length, size_t uplo_length);
void dgesv_(const int *n, const int *nrhs, double *a, const int *lda, int *ipiv, double *b, const int *ldb, int *info);
void dgelsd_(const int *m, const int *n, const int *nrhs, double *a, const int *lda, double *b, const int *ldb,
             double *s, const double *rcond, int *rank, double *work, const int *lwork, int *iwork, int *info);
void zgees_(const char *jobvs, const char *sort, int (*select)(const double *), const int *n, double *a,
            const int *lda, int *sdim, double *w, double *vs, const int *ldvs, double *work, const int *lwork,
            double *rwork, int *bwork, int *info, size_t jobvs_length, size_t sort_length);
