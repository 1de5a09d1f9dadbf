/* clock.c: the only place that reads the clock; callers pass its value on as `now`. */
#include <smime.h>
#include <time.h>

int64_t smime_now(void)
{
    return (int64_t)time(NULL);
}
