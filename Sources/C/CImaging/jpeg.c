#include "internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

// Errors

typedef struct {
    struct jpeg_error_mgr manager;
    jmp_buf escape;
    char *text;
    size_t size;
} failure;

static void on_error(j_common_ptr info) {
    failure *sink = (failure *)info->err;
    char text[JMSG_LENGTH_MAX];
    info->err->format_message(info, text);
    snprintf(sink->text, sink->size, "%s", text);
    longjmp(sink->escape, 1);
}

static void fail(j_common_ptr info, const char *text) {
    failure *sink = (failure *)info->err;
    snprintf(sink->text, sink->size, "%s", text);
    longjmp(sink->escape, 1);
}

/* libjpeg makes a picture of whatever it finds, with grey where the data ends, and calls that a warning. Here it is an error; what
 * stands between two segments and does no harm is none. */
static void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
        case JWRN_JPEG_EOF:
        case JWRN_HIT_MARKER: fail(info, "the file ends too early");
        case JWRN_HUFF_BAD_CODE:
        case JWRN_ARITH_BAD_CODE:
        case JWRN_MUST_RESYNC:
        case JWRN_BOGUS_PROGRESSION: on_error(info);
        default: return;
    }
}

// A picture of many scans takes as long as that many pictures.
enum { MOST_SCANS = 200 };

static void on_progress(j_common_ptr info) {
    if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > MOST_SCANS)
        fail(info, "the picture has too many scans");
}

// Reading

/* Refuses what takes more memory than the file can stand for: each block of 8 x 8 samples has at least one bit of Huffman code, of
 * arithmetic code rather less. */
static void check_size(j_decompress_ptr info, size_t count) {
    if ((uint64_t)info->image_width * info->image_height > CI_MAXIMUM_PIXELS) {
        char text[128];
        snprintf(text, sizeof text, "%u x %u pixels are too many (at most %u million)", info->image_width, info->image_height,
                 CI_MAXIMUM_PIXELS / 1000000);
        fail((j_common_ptr)info, text);
    }
    uint64_t blocks = 0;
    for (int i = 0; i < info->num_components; i++)
        blocks += (uint64_t)info->comp_info[i].width_in_blocks * info->comp_info[i].height_in_blocks;
    const uint64_t least = info->arith_code ? blocks / 512 : blocks / 8;
    if (least > count) fail((j_common_ptr)info, "the file ends too early");
}

static uint32_t orientation(j_decompress_ptr info) {
    static const char exif[] = "Exif\0", xmp[] = "http://ns.adobe.com/xap/1.0/";
    uint32_t found = 0;
    for (jpeg_saved_marker_ptr marker = info->marker_list; marker; marker = marker->next) {
        const uint8_t *data = marker->data;
        const size_t count = marker->data_length;
        if (count > sizeof exif && memcmp(data, exif, sizeof exif) == 0) {
            const uint32_t stated = ci_exif_orientation(data + sizeof exif, count - sizeof exif);
            if (stated) return stated;
        } else if (count > sizeof xmp && memcmp(data, xmp, sizeof xmp) == 0) {
            found = ci_xmp_orientation(data + sizeof xmp, count - sizeof xmp);
        }
    }
    return found;
}

/* Inks to colours, in place: four samples of each pixel become three. Programs that write four inks store them inverted, as Adobe's. */
static void mix_inks(uint8_t *row, uint32_t width) {
    for (uint32_t x = 0; x < width; x++)
        for (int channel = 0; channel < 3; channel++) {
            const uint32_t light = row[4 * x + 3], product = (255u - row[4 * x + channel]) * light + 128;
            row[3 * x + channel] = (uint8_t)(light - ((product + (product >> 8)) >> 8));
        }
}

int ci_jpeg_read(const uint8_t *bytes, size_t count, ci_image *image, char *message, size_t message_size) {
    memset(image, 0, sizeof *image);
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress = {.progress_monitor = on_progress};
    failure sink = {.text = message, .size = message_size};
    // Assigned after setjmp and read after longjmp: volatile, or it may be lost.
    uint8_t *volatile samples = NULL;
    memset(&info, 0, sizeof info);
    info.err = jpeg_std_error(&sink.manager);
    sink.manager.error_exit = on_error;
    sink.manager.emit_message = on_message;
    if (setjmp(sink.escape)) {
        free(samples);
        jpeg_destroy_decompress(&info);
        return 1;
    }
    jpeg_create_decompress(&info);
    info.progress = &progress;
    if (count == 0 || count > 0xffffffff) fail((j_common_ptr)&info, "not a JPEG file");
    jpeg_mem_src(&info, bytes, count);
    jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(&info, TRUE);
    check_size(&info, count);
    const int has_inks = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
    if (info.num_components == 1)
        info.out_color_space = JCS_GRAYSCALE;
    else
        info.out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
    // The exact transform and smooth colours, as other readers of pictures have them.
    info.dct_method = JDCT_ISLOW;
    info.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&info);

    const uint32_t width = info.output_width, height = info.output_height;
    const uint32_t channels = info.num_components == 1 ? 1 : 3;
    const size_t stored = (size_t)width * (has_inks ? 4 : channels), row = (size_t)width * channels;
    samples = malloc(row * height + stored);
    if (!samples) fail((j_common_ptr)&info, "out of memory");
    for (uint32_t y = 0; y < height; y++) {
        // The last rows of a picture of four inks end beyond their place, in the room that was left for that.
        JSAMPROW place = samples + row * y;
        jpeg_read_scanlines(&info, &place, 1);
        if (has_inks) mix_inks(place, width);
    }
    const uint32_t stated = orientation(&info);
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    image->width = width;
    image->height = height;
    image->channels = channels;
    image->bits = 8;
    image->orientation = stated;
    image->samples = samples;
    return 0;
}
