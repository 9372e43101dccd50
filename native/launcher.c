/**
 * The command `keepalived`: becomes Node.js running dist/keepalived.js, with the options that the build found
 * good for the Node.js that it saw. Options of V8 come and go with its versions, and Node.js refuses to start
 * with one that it does not know: another Node.js than the one of the build gets none, and starts a little
 * slower.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMostFlags = 16, kFailed = 1 };

/// Where the program is, behind all links: everything else lies beside it. Where there is no /proc, as in a
/// bare chroot, what the kernel was asked to run says it too, unless the working directory is gone.
static int FindFolder(char folder[PATH_MAX]) {
  const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
  if (length > 0)
    folder[length] = '\0';
  else if (realpath((const char*)getauxval(AT_EXECFN), folder) == NULL)
    return 0;
  char* slash = strrchr(folder, '/');
  if (slash == NULL) return 0;
  *slash = '\0';
  return 1;
}

/// As execvp(3) would find it, but never in the current folder, which an empty entry of PATH means.
static int FindNode(char path[PATH_MAX], struct stat* found) {
  const char* rest = getenv("PATH");
  if (rest == NULL) rest = "/usr/local/bin:/usr/bin:/bin";
  for (;;) {
    const size_t length = strcspn(rest, ":");
    const int written = snprintf(path, PATH_MAX, "%.*s/node", (int)length, rest);
    if (length > 0 && written < PATH_MAX && stat(path, found) == 0 && S_ISREG(found->st_mode) &&
        access(path, X_OK) == 0)
      return 1;
    if (rest[length] == '\0') return 0;
    rest += length + 1;
  }
}

/// FNV-1a. Half an option, as of a full disk or a lost page, would keep Node.js from starting.
static uint32_t Sum(const char* text) {
  uint32_t sum = 2166136261u;
  for (; *text != '\0'; text++) sum = (sum ^ (unsigned char)*text) * 16777619u;
  return sum;
}

/// A line "BYTES MTIME_SECONDS SUM" of the Node.js of the build and the rest of the file, then its options,
/// one a line. Returns how many; none of a file that is damaged or for another Node.js.
static int ReadFlags(const char* folder, const struct stat* node, char* flags[kMostFlags]) {
  static char text[4096];
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/keepalived.flags", folder) >= (int)sizeof path) return 0;
  FILE* file = fopen(path, "re");
  if (file == NULL) return 0;
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  long long bytes = 0, seconds = 0;
  unsigned sum = 0;
  char* rest = strchr(text, '\n');
  if (rest == NULL || sscanf(text, "%19lld %19lld %10u", &bytes, &seconds, &sum) != 3) return 0;
  if (bytes != (long long)node->st_size || seconds != (long long)node->st_mtim.tv_sec || sum != Sum(++rest))
    return 0;
  int count = 0;
  for (char* flag = strtok(rest, "\n"); count < kMostFlags && flag != NULL; flag = strtok(NULL, "\n"))
    flags[count++] = flag;
  return count;
}

static const char* NameOf(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

/// Whether `node` is Node.js itself, as far as its name says behind all links, and not a program of many
/// names, such as of snap, volta or mise, which starts what its own argv[0] says.
static int IsNode(const char* node) {
  char path[PATH_MAX];
  return realpath(node, path) != NULL && strncmp(NameOf(path), "node", strlen("node")) == 0;
}

/// Whether it was called by the name genhash, which it may not have any more when Node.js runs: in many
/// installations `node` is a script that starts the right version.
static int IsGenhash(const char* name) { return strncmp(NameOf(name), "genhash", strlen("genhash")) == 0; }

/// The words after the name of the program. The array is as long as is needed for all of them.
static void FillWords(char** words, const char* folder, const struct stat* node, char* script, char* argv[]) {
  words += ReadFlags(folder, node, words);
  *words++ = script;
  if (IsGenhash(argv[0])) *words++ = "-T";
  while (*++argv != NULL) *words++ = *argv;
}

int main(int argc, char* argv[]) {
  char folder[PATH_MAX], node[PATH_MAX], script[PATH_MAX + sizeof "/keepalived.js"];
  struct stat found;
  if (argc < 1) return kFailed;
  if (!FindFolder(folder)) {
    fprintf(stderr, "keepalived: /proc is needed, to find the rest of the program\n");
    return kFailed;
  }
  snprintf(script, sizeof script, "%s/keepalived.js", folder);
  if (access(script, R_OK) != 0) {
    fprintf(stderr,
            "keepalived: %s: %s. The program works where it was built or installed: use a link, not a copy\n",
            script, strerror(errno));
    return kFailed;
  }
  if (!FindNode(node, &found)) {
    fprintf(stderr, "keepalived: there is no 'node' in PATH: install Node.js, or add its folder\n");
    return kFailed;
  }
  // Besides the given words: script, -T and the NULL at the end.
  char** words = calloc((size_t)argc + kMostFlags + 3, sizeof *words);
  if (words == NULL) {
    fprintf(stderr, "keepalived: no memory\n");
    return kFailed;
  }
  // Our own name is what pidof(8) and ps(1) show.
  words[0] = IsNode(node) ? argv[0] : node;
  FillWords(words + 1, folder, &found, script, argv);
  execv(node, words);
  fprintf(stderr, "keepalived: cannot run %s: %s\n", node, strerror(errno));
  return kFailed;
}
