/**
 * The command `keepalived`: becomes Node.js running dist/keepalived.js, with the options that the build found good for the
 * Node.js that it saw. Options of V8 come and go with its versions, and Node.js refuses to start with one that it does not
 * know: another Node.js than the one of the build gets none, and starts a little slower.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { kMostFlags = 16, kFailed = 1 };

/// Where the program is: everything else lies beside it.
static int FindFolder(char folder[PATH_MAX]) {
  const ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
  if (length <= 0) return 0;
  folder[length] = '\0';
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
    if (length > 0 && written < PATH_MAX && stat(path, found) == 0 && S_ISREG(found->st_mode) && access(path, X_OK) == 0)
      return 1;
    if (rest[length] == '\0') return 0;
    rest += length + 1;
  }
}

/// A line "BYTES MTIME_SECONDS" of the Node.js of the build, then its options, one a line. Returns how many.
static int ReadFlags(const char* folder, const struct stat* node, char* flags[kMostFlags]) {
  static char text[4096];
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/keepalived.flags", folder) >= (int)sizeof path) return 0;
  FILE* file = fopen(path, "re");
  if (file == NULL) return 0;
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  long long bytes = 0, seconds = 0;
  if (sscanf(text, "%lld %lld", &bytes, &seconds) != 2) return 0;
  if (bytes != (long long)node->st_size || seconds != (long long)node->st_mtim.tv_sec) return 0;
  int count = 0;
  strtok(text, "\n");
  for (char* flag; count < kMostFlags && (flag = strtok(NULL, "\n")) != NULL;) flags[count++] = flag;
  return count;
}

int main(int argc, char* argv[]) {
  char folder[PATH_MAX], node[PATH_MAX], script[PATH_MAX + sizeof "/keepalived.js"];
  struct stat found;
  if (argc < 1 || !FindFolder(folder)) {
    fprintf(stderr, "keepalived: /proc is needed, to find the rest of the program\n");
    return kFailed;
  }
  if (!FindNode(node, &found)) {
    fprintf(stderr, "keepalived: there is no 'node' in PATH: install Node.js, or add its folder\n");
    return kFailed;
  }
  char** words = calloc((size_t)argc + kMostFlags + 2, sizeof *words);
  if (words == NULL) return kFailed;
  words[0] = argv[0];
  const int flags = ReadFlags(folder, &found, words + 1);
  snprintf(script, sizeof script, "%s/keepalived.js", folder);
  words[flags + 1] = script;
  memcpy(words + flags + 2, argv + 1, (size_t)argc * sizeof *argv);
  execv(node, words);
  fprintf(stderr, "keepalived: cannot run %s: %s\n", node, strerror(errno));
  return kFailed;
}
