/* peak_rss.c: peak_rss FILE COMMAND [ARG]...: runs the command and writes the largest resident set of
 * its process, in KiB, to FILE; exits with its status. A program of its own, because a process inherits
 * the peak of whoever started it: this one is small. */
#define _DEFAULT_SOURCE 1
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;
    if (argc < 3)
        return 125;
    pid_t child = fork();
    if (child == 0) {
        execv(argv[2], argv + 2);
        _exit(126);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 125;
    FILE *file = fopen(argv[1], "w");
    if (!file)
        return 125;
    fprintf(file, "%ld\n", usage.ru_maxrss);
    if (fclose(file) != 0)
        return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 124;
}
