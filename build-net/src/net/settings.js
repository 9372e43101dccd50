//# sourceMappingURL=settings.js.map
