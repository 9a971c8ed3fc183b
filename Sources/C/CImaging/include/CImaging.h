#pragma once
#include <stddef.h>
#include <stdint.h>

/// PNG in and out, JPEG in. libpng and libjpeg report errors with longjmp; these functions are the only frames it may cross.

typedef struct {
    uint32_t width;
    uint32_t height;
    /// 1 grey, 3 RGB or 4 RGBA.
    uint32_t channels;
    /// Samples of 8 bits lie in bytes, of 16 bits in native words; row by row, channels last.
    uint32_t bits;
    /// How the picture is to be turned before it is shown, as EXIF numbers it (1 to 8); 0 if the file says nothing.
    uint32_t orientation;
    void *samples;
} ci_image;

/// The largest number of pixels that is read.
#define CI_MAXIMUM_PIXELS 100000000u

/// Reads a whole PNG file. 0 on success, and the caller owns `samples` (`free`); else `message` says why not.
int ci_png_read(const uint8_t *bytes, size_t count, ci_image *image, char *message, size_t message_size);

/// Reads a whole JPEG file, baseline or progressive; four inks become red, green and blue. 0 on success, and the caller owns
/// `samples` (`free`); else `message` says why not.
int ci_jpeg_read(const uint8_t *bytes, size_t count, ci_image *image, char *message, size_t message_size);

/// Writes 8-bit samples as a PNG file, the same bytes for the same samples. 0 on success, and the caller owns
/// `*bytes` (`free`); else `message` says why not.
int ci_png_write(const uint8_t *samples, uint32_t width, uint32_t height, uint32_t channels, uint8_t **bytes,
                 size_t *count, char *message, size_t message_size);

/// The version of the librsvg that draws. 0 on success; else `message` says that none is installed.
int ci_svg_version(int version[3], char *message, size_t message_size);

/// Draws an SVG document at `scale` times its own size, on nothing (RGBA). 0 on success, and the caller owns `samples`
/// (`free`); else `message` says why not, also where librsvg is not installed.
int ci_svg_draw(const uint8_t *svg, size_t count, double scale, ci_image *image, char *message, size_t message_size);

/// Writes an SVG document as a PDF file of one page, three quarters of a point for a pixel, text as text. 0 on success, and the
/// caller owns `*bytes` (`free`); else `message` says why not.
int ci_svg_pdf(const uint8_t *svg, size_t count, uint8_t **bytes, size_t *size, char *message, size_t message_size);
