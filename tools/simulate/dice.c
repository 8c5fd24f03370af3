#include "tools/simulate/simulate.h"

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint64_t dice_of(uint64_t seed, const char *purpose, uint64_t number, uint64_t n)
{
    uint64_t x = mix(seed);
    for (; *purpose; purpose++)
        x = mix(x ^ (unsigned char)*purpose);
    return mix(x ^ number) % n;
}

uint64_t dice_next(uint64_t *state, uint64_t n)
{
    return mix((*state)++) % n;
}
