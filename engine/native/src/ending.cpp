// How a process ends that a library aborts, or never comes back in, while it keeps Python's lock: a
// thread of Python's own could say nothing then.
#include "simd.hpp"

#ifndef _WIN32
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr time_t kPatience = 3;  // seconds, in which whoever knows more may say it and end it

struct Text {
    int descriptor;
    const char* words;
    size_t length;
};

Text sentence = {-1, nullptr, 0};
Text answer = {1, nullptr, 0};
int code = 1;
struct sigaction former;

constexpr long kLooks = 2;  // seconds of a processor's time between two looks
long long bound = 0;        // bytes of addresses; 0 where nobody looks
long long least = 0;        // of them that are in use where their end is the reason
long patience = 0;          // seconds without a beat
volatile long beaten = 0;
struct sigaction unwatched;

long seconds() {
    timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<long>(now.tv_sec);
}

// Bytes of addresses in use; 0 where the system does not tell.
long long in_use() {
    char text[32] = {};
    const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    const ssize_t held = read(file, text, sizeof text - 1);
    close(file);
    long long pages = 0;
    for (ssize_t i = 0; i < held && text[i] >= '0' && text[i] <= '9'; ++i)
        pages = 10 * pages + (text[i] - '0');
    return pages * sysconf(_SC_PAGESIZE);
}

void say(const Text& text) {
    size_t done = 0;
    while (done < text.length) {
        const ssize_t now = write(text.descriptor, text.words + done, text.length - done);
        if (now <= 0) return;
        done += static_cast<size_t>(now);
    }
}

// Calls nothing but what a signal's handler may.
void end(int) {
    timespec left = {kPatience, 0};
    while (nanosleep(&left, &left) != 0) {
    }
    say(sentence);
    say(answer);
    _exit(code);
}

// Asked for each time the process has worked for some seconds; what it broke into finds its errno.
void look(int) {
    if (!bound || seconds() - beaten < patience) return;
    const int before = errno;
    const bool full = in_use() >= least;
    errno = before;
    if (!full) return;
    say(sentence);
    say(answer);
    _exit(code);
}

}  // namespace

// From now on a thread says that it goes on by `engine_beat`. Where it has not for so many seconds
// in which the process worked, and so many of the addresses that it may have are in use, the texts of
// `engine_say_at_abort` are written and the process ends.
ENGINE_EXPORT void engine_watch(long long addresses, long long nearly, long wait) {
    bound = addresses, least = nearly, patience = wait, beaten = seconds();
    struct sigaction action = {};
    action.sa_handler = look;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGPROF, &action, &unwatched);
    const itimerval every = {{kLooks, 0}, {kLooks, 0}};
    setitimer(ITIMER_PROF, &every, nullptr);
}

ENGINE_EXPORT void engine_beat() { beaten = seconds(); }

ENGINE_EXPORT void engine_watch_no_more() {
    const itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &never, nullptr);
    if (bound) sigaction(SIGPROF, &unwatched, nullptr);
    bound = 0;
}

// From now on an abort writes these texts, which the caller keeps, to a descriptor and to standard
// output, and ends the process with that code.
ENGINE_EXPORT void engine_say_at_abort(int descriptor, const char* words, size_t length,
                                       const char* told, size_t bytes, int exit_code) {
    sentence = {descriptor, words, length};
    answer = {1, told, bytes};
    code = exit_code;
    struct sigaction action = {};
    action.sa_handler = end;
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &former);
}

// What an abort does is what it was before.
ENGINE_EXPORT void engine_abort_as_before() { sigaction(SIGABRT, &former, nullptr); }
#endif
