// The page of the catalogue works without this; here more pictures come while somebody scrolls.
import { startGrid } from "./grid.js";
import "./saved.js";

startGrid();
