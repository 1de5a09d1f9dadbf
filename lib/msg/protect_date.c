/* protect_date.c: the Date field as a time: clients distrust a signature whose signingTime is more
 * than an hour from it.
 *
 *   date-time = [ day-name "," ] day month year hour ":" minute [ ":" second ] zone
 *
 * RFC 5322 3.3, 4.3. Comments are not understood there, except at the end; military zones count as
 * unknown. */
#include "../base/civil.h"
#include "protect.h"

static struct smi_slice next_word(struct smi_slice *in)
{
    *in = smi_slice_trim(*in);
    size_t n = 0;
    while (n < in->len && in->ptr[n] > ' ')
        n++;
    struct smi_slice word = smi_slice_take(*in, n);
    *in = smi_slice_skip(*in, n);
    return word;
}

static bool number(struct smi_slice text, size_t max_digits, int *out)
{
    int value = 0;
    if (text.len == 0 || text.len > max_digits)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        value = value * 10 + (text.ptr[i] - '0');
    }
    *out = value;
    return true;
}

static bool month(struct smi_slice word, int *out)
{
    static const char *const names[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
    for (int i = 0; i < 12; i++) {
        if (!smi_slice_is_nocase(word, names[i]))
            continue;
        *out = i + 1;
        return true;
    }
    return false;
}

/* RFC 5322 4.3: two digits below 50 are 20xx, others and three digits are added to 1900. */
static bool year(struct smi_slice word, int *out)
{
    if (!number(word, 4, out) || word.len < 2)
        return false;
    if (word.len < 4)
        *out += word.len == 2 && *out < 50 ? 2000 : 1900;
    return true;
}

static bool clock_time(struct smi_slice word, struct smi_civil *civil)
{
    int *const field[] = {&civil->hour, &civil->minute, &civil->second};
    size_t count = 0;
    civil->second = 0;
    while (count < 3) {
        size_t n = smi_slice_find(word, ':');
        if (!number(smi_slice_take(word, n), 2, field[count++]))
            return false;
        if (n == word.len)
            return count >= 2;
        word = smi_slice_skip(word, n + 1);
    }
    return false;
}

static bool zone(struct smi_slice word, int *minutes)
{
    static const struct {
        const char *name;
        int hours;
    } names[] = {{"GMT", 0},  {"UT", 0},   {"Z", 0},    {"UTC", 0},  {"EST", -5}, {"EDT", -4},
                 {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    int value;
    *minutes = 0;
    if (word.len == 5 && (word.ptr[0] == '+' || word.ptr[0] == '-')) {
        if (!number(smi_slice_skip(word, 1), 4, &value))
            return false;
        *minutes = (value / 100 * 60 + value % 100) * (word.ptr[0] == '-' ? -1 : 1);
        return true;
    }
    for (size_t i = 0; i < SMI_COUNT(names); i++) {
        if (!smi_slice_is_nocase(word, names[i].name))
            continue;
        *minutes = names[i].hours * 60;
        return true;
    }
    return false;
}

bool smi_date_parse(struct smi_slice value, int64_t *seconds)
{
    struct smi_civil civil = {0};
    int minutes;
    size_t comma = smi_slice_find(value, ',');
    if (comma < value.len)
        value = smi_slice_skip(value, comma + 1);
    if (!number(next_word(&value), 2, &civil.day) || !month(next_word(&value), &civil.month) ||
        !year(next_word(&value), &civil.year) || !clock_time(next_word(&value), &civil) ||
        !zone(next_word(&value), &minutes) || !smi_civil_valid(&civil))
        return false;
    *seconds = smi_civil_to_unix(&civil) - (int64_t)minutes * 60;
    return true;
}
