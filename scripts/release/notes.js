// What `npm run release:notes` calls the kinds of commits, and which of them it lists.
import preset from 'conventional-changelog-conventionalcommits';

export default preset({
  types: [
    { type: 'feat', section: 'Added' },
    { type: 'perf', section: 'Faster' },
    { type: 'fix', section: 'Fixed' },
  ],
});
