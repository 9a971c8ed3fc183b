#include "internal.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *text;
    size_t size;
} message_sink;

static void on_error(png_structp png, png_const_charp text) {
    message_sink *sink = png_get_error_ptr(png);
    snprintf(sink->text, sink->size, "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

// Reading

typedef struct {
    const uint8_t *next;
    size_t left;
} source;

static void read_bytes(png_structp png, png_bytep into, size_t count) {
    source *from = png_get_io_ptr(png);
    if (count > from->left) png_error(png, "the file ends too early");
    memcpy(into, from->next, count);
    from->next += count;
    from->left -= count;
}

static int is_little_endian(void) {
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}

/* Whether every chunk up to the last one (IEND) lies within the file. libpng takes memory for a chunk, and clears it, before it reads
 * the first byte: a file of 65 bytes that claims 2 GB of text would cost as much. */
static int chunks_fit(const uint8_t *bytes, size_t count) {
    for (size_t place = 8; count - place >= 8;) {
        const uint8_t *chunk = bytes + place;
        const size_t length = (size_t)chunk[0] << 24 | (size_t)chunk[1] << 16 | (size_t)chunk[2] << 8 | chunk[3];
        if (memcmp(chunk + 4, "IEND", 4) == 0) return 1;
        if (count - place < length + 12) return 0;
        place += length + 12;
    }
    return 1;
}

static uint32_t orientation(png_structp png, png_infop info) {
    png_bytep exif = NULL;
    png_uint_32 count = 0;
    if (!png_get_eXIf_1(png, info, &count, &exif)) return 0;
    return ci_exif_orientation(exif, count);
}

int ci_png_read(const uint8_t *bytes, size_t count, ci_image *image, char *message, size_t message_size) {
    message_sink sink = {message, message_size};
    memset(image, 0, sizeof *image);
    if (count < 8 || png_sig_cmp(bytes, 0, 8) != 0) {
        snprintf(message, message_size, "not a PNG file");
        return 1;
    }
    if (!chunks_fit(bytes, count)) {
        snprintf(message, message_size, "the file ends too early");
        return 1;
    }
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &sink, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_read_struct(&png, NULL, NULL);
        snprintf(message, message_size, "out of memory");
        return 1;
    }
    // Assigned after setjmp and read after longjmp: volatile, or they may be lost.
    void *volatile samples = NULL;
    png_bytep *volatile rows = NULL;
    if (setjmp(png_jmpbuf(png))) {
        free((void *)rows);
        free(samples);
        png_destroy_read_struct(&png, &info, NULL);
        return 1;
    }
    source from = {bytes, count};
    png_set_read_fn(png, &from, read_bytes);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_read_info(png, info);

    const uint32_t width = png_get_image_width(png, info);
    const uint32_t height = png_get_image_height(png, info);
    if ((uint64_t)width * height > CI_MAXIMUM_PIXELS) {
        char text[128];
        snprintf(text, sizeof text, "%u x %u pixels are too many (at most %u million)", width, height,
                 CI_MAXIMUM_PIXELS / 1000000);
        png_error(png, text);
    }
    // Deflate packs at most 1032 to 1: a small file that claims a large picture is refused before memory is taken.
    if (png_get_rowbytes(png, info) * (uint64_t)height / 1040 > count) png_error(png, "the file ends too early");

    png_set_expand(png);  // palette to RGB, fewer than 8 bits to 8, transparent colour to alpha
    if (png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY_ALPHA ||
        (png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY && png_get_valid(png, info, PNG_INFO_tRNS)))
        png_set_gray_to_rgb(png);
    if (png_get_bit_depth(png, info) == 16 && is_little_endian()) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);

    const size_t row_bytes = png_get_rowbytes(png, info);
    samples = malloc(row_bytes * height);
    rows = malloc(sizeof(png_bytep) * height);
    if (!samples || !rows) png_error(png, "out of memory");
    for (uint32_t y = 0; y < height; y++) rows[y] = (png_bytep)samples + row_bytes * y;
    png_read_image(png, (png_bytepp)rows);
    png_read_end(png, info);

    image->width = width;
    image->height = height;
    image->channels = png_get_channels(png, info);
    image->bits = png_get_bit_depth(png, info);
    image->orientation = orientation(png, info);
    image->samples = samples;
    free((void *)rows);
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
}

// Writing

typedef struct {
    uint8_t *bytes;
    size_t count;
    size_t capacity;
} target;

static void write_bytes(png_structp png, png_bytep from, size_t count) {
    target *to = png_get_io_ptr(png);
    if (to->capacity - to->count < count) {
        const size_t capacity = (to->count + count) * 2;
        uint8_t *bytes = realloc(to->bytes, capacity);
        if (!bytes) png_error(png, "out of memory");
        to->bytes = bytes;
        to->capacity = capacity;
    }
    memcpy(to->bytes + to->count, from, count);
    to->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

int ci_png_write(const uint8_t *samples, uint32_t width, uint32_t height, uint32_t channels, uint8_t **bytes,
                 size_t *count, char *message, size_t message_size) {
    message_sink sink = {message, message_size};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &sink, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (!info) {
        png_destroy_write_struct(&png, NULL);
        snprintf(message, message_size, "out of memory");
        return 1;
    }
    target to = {NULL, 0, 0};  // its address is taken, so it lives in memory and survives longjmp
    png_set_write_fn(png, &to, write_bytes, flush_nothing);
    if (setjmp(png_jmpbuf(png))) {
        free(to.bytes);
        png_destroy_write_struct(&png, &info);
        return 1;
    }
    const int type = channels == 1 ? PNG_COLOR_TYPE_GRAY : channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGBA;
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_IHDR(png, info, width, height, 8, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    // Stated, so that the bytes do not depend on another version's defaults.
    png_set_compression_level(png, 6);
    png_set_filter(png, PNG_FILTER_TYPE_DEFAULT, PNG_ALL_FILTERS);
    png_write_info(png, info);
    for (uint32_t y = 0; y < height; y++) png_write_row(png, samples + (size_t)y * width * channels);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *bytes = to.bytes;
    *count = to.count;
    return 0;
}
