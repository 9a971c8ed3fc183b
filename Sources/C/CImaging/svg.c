// Draws SVG with librsvg, which is opened when the first drawing is asked for: it brings forty libraries along, and a
// program that starts in milliseconds cannot load them for what most runs never do.

#define _GNU_SOURCE
#include "CImaging.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What is used of the C interfaces of librsvg 2.46 and newer, GLib and cairo, which have kept them stable.
typedef struct _RsvgHandle RsvgHandle;
typedef struct _cairo cairo_t;
typedef struct _cairo_surface cairo_surface_t;
typedef struct {
    uint32_t domain;
    int code;
    char *message;
} GError;
typedef struct {
    double x, y, width, height;
} RsvgRectangle;
typedef int (*cairo_write_func)(void *closure, const unsigned char *data, unsigned int length);
enum { CAIRO_FORMAT_ARGB32 = 0, CAIRO_STATUS_SUCCESS = 0, CAIRO_STATUS_WRITE_ERROR = 11, CAIRO_PDF_METADATA_CREATE_DATE = 5 };

typedef struct {
    RsvgHandle *(*handle_new)(const uint8_t *data, size_t size, GError **error);
    int (*intrinsic_size)(RsvgHandle *handle, double *width, double *height);
    int (*render)(RsvgHandle *handle, cairo_t *cairo, const RsvgRectangle *viewport, GError **error);
    void (*unref)(void *object);
    void (*error_free)(GError *error);
    cairo_surface_t *(*surface_new)(int format, int width, int height);
    cairo_surface_t *(*pdf_new)(cairo_write_func write, void *closure, double width, double height);
    void (*pdf_set_metadata)(cairo_surface_t *surface, int key, const char *value);
    int (*surface_status)(cairo_surface_t *surface);
    void (*surface_flush)(cairo_surface_t *surface);
    uint8_t *(*surface_data)(cairo_surface_t *surface);
    int (*surface_stride)(cairo_surface_t *surface);
    void (*surface_finish)(cairo_surface_t *surface);
    void (*surface_destroy)(cairo_surface_t *surface);
    cairo_t *(*cairo_new)(cairo_surface_t *surface);
    void (*cairo_destroy)(cairo_t *cairo);
} renderer;

static void *library;

// A librsvg that travels with the program has fonts for machines without any in a fonts.conf beside it, which also asks for the
// machine's own.
static void use_fonts_beside(void) {
    char path[PATH_MAX + sizeof "/fonts.conf"];
    if (getenv("FONTCONFIG_FILE") || dlinfo(library, RTLD_DI_ORIGIN, path)) return;
    strcat(path, "/fonts.conf");
    if (access(path, R_OK)) return;
    void *(*create)(void) = (void *(*)(void))dlsym(library, "FcConfigCreate");
    int (*read)(void *, const char *, int) = (int (*)(void *, const char *, int))dlsym(library, "FcConfigParseAndLoad");
    int (*use)(void *) = (int (*)(void *))dlsym(library, "FcConfigSetCurrent");
    void *fonts = create && read && use ? create() : NULL;
    if (fonts && read(fonts, path, 1)) use(fonts);
}

static void open_library(void) {
    library = dlopen("librsvg-2.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library) use_fonts_beside();
}

static int find_library(char *message, size_t message_size) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_library);
    if (!library) snprintf(message, message_size, "librsvg is not installed (Debian: librsvg2-2)");
    return !library;
}

int ci_svg_version(int version[3], char *message, size_t message_size) {
    if (find_library(message, message_size)) return 1;
    const char *names[] = {"rsvg_major_version", "rsvg_minor_version", "rsvg_micro_version"};
    for (int i = 0; i < 3; i++) {
        const unsigned *part = dlsym(library, names[i]);
        version[i] = part ? (int)*part : 0;
    }
    return 0;
}

static int open_renderer(renderer *r, char *message, size_t message_size) {
    if (find_library(message, message_size)) return 1;
    const struct {
        const char *name;
        void **function;
    } symbols[] = {
        {"rsvg_handle_new_from_data", (void **)&r->handle_new},
        {"rsvg_handle_get_intrinsic_size_in_pixels", (void **)&r->intrinsic_size},
        {"rsvg_handle_render_document", (void **)&r->render},
        {"g_object_unref", (void **)&r->unref},
        {"g_error_free", (void **)&r->error_free},
        {"cairo_image_surface_create", (void **)&r->surface_new},
        {"cairo_pdf_surface_create_for_stream", (void **)&r->pdf_new},
        {"cairo_pdf_surface_set_metadata", (void **)&r->pdf_set_metadata},
        {"cairo_surface_status", (void **)&r->surface_status},
        {"cairo_surface_flush", (void **)&r->surface_flush},
        {"cairo_image_surface_get_data", (void **)&r->surface_data},
        {"cairo_image_surface_get_stride", (void **)&r->surface_stride},
        {"cairo_surface_finish", (void **)&r->surface_finish},
        {"cairo_surface_destroy", (void **)&r->surface_destroy},
        {"cairo_create", (void **)&r->cairo_new},
        {"cairo_destroy", (void **)&r->cairo_destroy},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        *symbols[i].function = dlsym(library, symbols[i].name);
        if (!*symbols[i].function) {
            snprintf(message, message_size, "librsvg is too old: it lacks %s", symbols[i].name);
            return 1;
        }
    }
    return 0;
}

static int fail(const renderer *r, GError *error, const char *otherwise, char *message, size_t message_size) {
    snprintf(message, message_size, "%s", error && error->message ? error->message : otherwise);
    if (error) r->error_free(error);
    return 1;
}

// Cairo keeps native words 0xAARRGGBB with the colours multiplied by alpha.
static void unpack(const uint8_t *rows, int stride, ci_image *image) {
    uint8_t *to = image->samples;
    for (uint32_t y = 0; y < image->height; y++) {
        const uint32_t *from = (const uint32_t *)(rows + (size_t)y * (size_t)stride);
        for (uint32_t x = 0; x < image->width; x++, to += 4) {
            const uint32_t alpha = from[x] >> 24;
            for (int channel = 0; channel < 3; channel++) {
                const uint32_t value = from[x] >> (16 - 8 * channel) & 0xff;
                to[channel] = alpha ? (uint8_t)((value * 255 + alpha / 2) / alpha) : 0;
            }
            to[3] = (uint8_t)alpha;
        }
    }
}

static int draw(const renderer *r, RsvgHandle *handle, double scale, ci_image *image, char *message,
                size_t message_size) {
    double width, height;
    if (!r->intrinsic_size(handle, &width, &height)) {
        return fail(r, NULL, "the drawing does not say its size", message, message_size);
    }
    width = ceil(width * scale);
    height = ceil(height * scale);
    if (!(width >= 1 && height >= 1 && width <= 32767 && height <= 32767 && width * height <= CI_MAXIMUM_PIXELS)) {
        return fail(r, NULL, "the picture would be empty or too large", message, message_size);
    }
    cairo_surface_t *surface = r->surface_new(CAIRO_FORMAT_ARGB32, (int)width, (int)height);
    cairo_t *cairo = r->cairo_new(surface);
    const RsvgRectangle viewport = {0, 0, width, height};
    GError *error = NULL;
    const int drawn = r->surface_status(surface) == CAIRO_STATUS_SUCCESS && r->render(handle, cairo, &viewport, &error);
    r->surface_flush(surface);
    *image = (ci_image){.width = (uint32_t)width, .height = (uint32_t)height, .channels = 4, .bits = 8};
    if (drawn) image->samples = malloc((size_t)width * (size_t)height * 4);
    if (image->samples) unpack(r->surface_data(surface), r->surface_stride(surface), image);
    r->cairo_destroy(cairo);
    r->surface_destroy(surface);
    return image->samples ? 0 : fail(r, error, "out of memory", message, message_size);
}

static RsvgHandle *open_document(renderer *r, const uint8_t *svg, size_t count, char *message, size_t message_size) {
    if (open_renderer(r, message, message_size)) return NULL;
    GError *error = NULL;
    RsvgHandle *handle = r->handle_new(svg, count, &error);
    if (!handle) fail(r, error, "not an SVG document", message, message_size);
    return handle;
}

int ci_svg_draw(const uint8_t *svg, size_t count, double scale, ci_image *image, char *message, size_t message_size) {
    renderer r;
    RsvgHandle *handle = open_document(&r, svg, count, message, message_size);
    if (!handle) return 1;
    const int status = draw(&r, handle, scale, image, message, message_size);
    r.unref(handle);
    return status;
}

typedef struct {
    uint8_t *bytes;
    size_t count, room;
} file_bytes;

static int append(void *closure, const unsigned char *data, unsigned int length) {
    file_bytes *file = closure;
    if (file->count + length > file->room) {
        const size_t room = (file->count + length) * 2;
        uint8_t *bytes = realloc(file->bytes, room);
        if (!bytes) return CAIRO_STATUS_WRITE_ERROR;
        file->bytes = bytes;
        file->room = room;
    }
    memcpy(file->bytes + file->count, data, length);
    file->count += length;
    return CAIRO_STATUS_SUCCESS;
}

static int write_pdf(const renderer *r, RsvgHandle *handle, file_bytes *file, char *message, size_t message_size) {
    double width, height;
    if (!r->intrinsic_size(handle, &width, &height) || !(width > 0 && height > 0)) {
        return fail(r, NULL, "the drawing does not say its size", message, message_size);
    }
    // A CSS pixel is three quarters of a point.
    const RsvgRectangle page = {0, 0, width * 0.75, height * 0.75};
    cairo_surface_t *surface = r->pdf_new(append, file, page.width, page.height);
    // The same bytes for the same drawing.
    r->pdf_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    cairo_t *cairo = r->cairo_new(surface);
    GError *error = NULL;
    int drawn = r->surface_status(surface) == CAIRO_STATUS_SUCCESS && r->render(handle, cairo, &page, &error);
    r->cairo_destroy(cairo);
    r->surface_finish(surface);
    drawn = drawn && r->surface_status(surface) == CAIRO_STATUS_SUCCESS;
    r->surface_destroy(surface);
    return drawn ? 0 : fail(r, error, "out of memory", message, message_size);
}

int ci_svg_pdf(const uint8_t *svg, size_t count, uint8_t **bytes, size_t *size, char *message, size_t message_size) {
    renderer r;
    RsvgHandle *handle = open_document(&r, svg, count, message, message_size);
    if (!handle) return 1;
    file_bytes file = {0};
    const int status = write_pdf(&r, handle, &file, message, message_size);
    r.unref(handle);
    if (status) {
        free(file.bytes);
        return status;
    }
    *bytes = file.bytes;
    *size = file.count;
    return 0;
}
