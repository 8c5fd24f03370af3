/*
 * libcurl, loaded when a wire speaks SFTP or HTTPS for the first time. It brings forty libraries with it,
 * and to link them takes more than half of the start of submit and of fetch, most of whose runs move
 * files between folders. What is used of it is defined here and handed on.
 */
#include "common/util/exits.h"
#include "common/util/log.h"
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

static struct api {
    CURL *(*init)(void);
    void (*cleanup)(CURL *);
    CURLcode (*perform)(CURL *);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    const char *(*error)(CURLcode);
    char *(*escape)(CURL *, const char *, int);
    void (*release)(void *);
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    void (*free_all)(struct curl_slist *);
} loaded;

static void load(void)
{
    static const struct {
        const char *name;
        void *to;
    } all[] = {{"curl_easy_init", &loaded.init},       {"curl_easy_cleanup", &loaded.cleanup},
               {"curl_easy_perform", &loaded.perform}, {"curl_easy_setopt", &loaded.setopt},
               {"curl_easy_getinfo", &loaded.getinfo}, {"curl_easy_strerror", &loaded.error},
               {"curl_easy_escape", &loaded.escape},   {"curl_free", &loaded.release},
               {"curl_slist_append", &loaded.append},  {"curl_slist_free_all", &loaded.free_all}};
    void *lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        void *f = lib ? dlsym(lib, all[i].name) : NULL;
        if (!f)
            die(EXIT_CONFIG, "libcurl.so.4, which SFTP and HTTPS need, cannot be loaded: %s",
                dlerror());
        memcpy(all[i].to, &f, sizeof f);
    }
}

static const struct api *curl(void)
{
    if (!loaded.free_all) /* the last of them */
        load();
    return &loaded;
}

CURL *curl_easy_init(void)
{
    return curl()->init();
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
    return curl()->append(list, text);
}

void curl_easy_cleanup(CURL *h)
{
    if (h)
        curl()->cleanup(h);
}

CURLcode curl_easy_perform(CURL *h)
{
    return curl()->perform(h);
}

/* A number, a pointer or an offset: each is of 64 bits wherever this runs. */
CURLcode curl_easy_setopt(CURL *h, CURLoption option, ...)
{
    va_list ap;
    va_start(ap, option);
    void *value = va_arg(ap, void *);
    va_end(ap);
    return curl()->setopt(h, option, value);
}

CURLcode curl_easy_getinfo(CURL *h, CURLINFO info, ...)
{
    va_list ap;
    va_start(ap, info);
    void *to = va_arg(ap, void *);
    va_end(ap);
    return curl()->getinfo(h, info, to);
}

const char *curl_easy_strerror(CURLcode code)
{
    return curl()->error(code);
}

char *curl_easy_escape(CURL *h, const char *text, int n)
{
    return curl()->escape(h, text, n);
}

void curl_free(void *p)
{
    if (p)
        curl()->release(p);
}

void curl_slist_free_all(struct curl_slist *list)
{
    if (list)
        curl()->free_all(list);
}
