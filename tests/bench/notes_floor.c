/* The least that coding notes needs: every file read and taken apart into words with their stems.
 * usage: notes_floor FILE... */
#include "common/coding/words.h"
#include "common/util/fs.h"
#include <stdio.h>

int main(int argc, char **argv)
{
    struct stemmer *stems = stemmer_new();
    struct words words = {0};
    struct buf note = {0};
    uint64_t sum = 0;
    for (int i = 1; i < argc; i++) {
        buf_clear(&note);
        if (fs_read(argv[i], 1 << 24, &note))
            return 111;
        words_read(stems, buf_view(&note), &words);
        for (size_t k = 0; k < words.n; k++)
            sum += words.at[k].stem;
    }
    printf("%llu\n", (unsigned long long)sum);
    words_free(&words);
    buf_free(&note);
    stemmer_free(stems);
    return 0;
}
