//# sourceMappingURL=loop.js.map
