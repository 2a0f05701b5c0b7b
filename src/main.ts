import './require-node.js';

// Not a static import, which Node would look into before it runs anything.
await import('./serve.js');
