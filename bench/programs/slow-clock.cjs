// Under valgrind a program takes fifty times as long. What v6only does once a second, such as asking the kernel for its
// routes, would weigh fifty times as much.
const { uptime } = process;
process.uptime = () => uptime() / 50;
